"""The names of real images and of noise that are scored as if a method had generated them, in the place of a method's.

The floor is test images, the copies are training images, and the ceiling is noise.
"""

from typing import Literal, get_args

Bound = Literal["floor", "copies", "ceiling"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)
