"""The names of real images and of noise that are scored as if a method had generated them, in the place of a method's.

`floor` stands for test images, `copies` for training images, and `ceiling` for noise.
"""

from typing import Literal, get_args

Bound = Literal["floor", "copies", "ceiling"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)
