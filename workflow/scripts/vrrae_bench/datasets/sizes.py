"""The sizes that images may have."""

from vrrae_bench.system.errors import UserError

SMALLEST_SIDE, LARGEST_SIDE = 8, 1024  # in pixels


def refuse_size(what: str, width: int, height: int, remedy: str) -> None:
    """Refuse images that no model can have: models see square images, with sides within limits.

    Args:
        what: The beginning of the message, up to the verb, such as `birds.npz: images are`.
        remedy: The end of the message: how the images get another size.

    Raises:
        UserError: The images are not square, too small or too large.
    """
    if width != height:
        raise UserError(f"{what} {width} pixels wide and {height} high; the decoder makes square images. {remedy}")
    if not SMALLEST_SIDE <= width <= LARGEST_SIDE:
        raise UserError(
            f"{what} {width} pixels wide and high; sides of {SMALLEST_SIDE} to {LARGEST_SIDE} are possible. {remedy}"
        )
