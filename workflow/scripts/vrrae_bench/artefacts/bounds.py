"""Names of real images and of noise, which are scored as if a method had generated them.

They stand in the place of a method's name: `floor` for test images, `copies` for training images, `ceiling` for noise.
"""

from typing import Literal, get_args

Bound = Literal["floor", "copies", "ceiling"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)
