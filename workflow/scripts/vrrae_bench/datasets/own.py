"""What a user's images and arrays have to be, whichever way they come."""

from vrrae_bench.errors import UserError


def refuse_few(path: str, n_train: int, batch_size: int) -> None:
    """Refuse fewer training images than a batch has.

    Raises:
        UserError: How many there are, and how many are needed.
    """
    if n_train < batch_size:
        raise UserError(
            f"{path}: {n_train} training images are fewer than a batch of {batch_size}. "
            f"Set batch_size to at most {n_train}, or add images."
        )
