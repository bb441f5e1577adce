"""How far a training is, for the eyes of whoever runs it: a moving line in a terminal, now and then a line in a log."""

import time
from collections.abc import Callable
from typing import NamedTuple

from tqdm import tqdm


class Losses(NamedTuple):
    """The loss and its parts before their weights, averaged over the steps of an epoch so far."""

    loss: float
    reconstruction_error: float
    kl_divergence: float
    penalty: float


class ProgressLine:
    """The state of a training in one line.

    Args:
        total: Steps of the whole training.
        first: The step from which this process continues.
        say: Is called with a line at every twentieth of the training.
        terminal: Whether to keep one line up to date on the standard error instead.
    """

    def __init__(self, total: int, first: int, batch_size: int, say: Callable[[str], None], *, terminal: bool):
        self._total, self._first, self._batch_size, self._say = total, first, batch_size, say
        self._start, self._shown = time.monotonic(), first
        self._bar = (
            tqdm(total=total * batch_size, initial=first * batch_size, unit=" images", unit_scale=True)
            if terminal
            else None
        )

    def show(self, step: int, epoch: int, losses: Losses) -> None:
        """After a step: the loss and its parts, images per second, time left."""
        parts = [f"reconstruction {losses.reconstruction_error:.3f} %"]
        parts += [f"KL {losses.kl_divergence:.4g}"] if losses.kl_divergence else []
        parts += [f"penalty {losses.penalty:.4g}"] if losses.penalty else []
        state = f"loss {losses.loss:.3f} ({', '.join(parts)})"
        if self._bar is not None:
            self._bar.set_description(f"epoch {epoch}, step {step}: {state}", refresh=False)
            self._bar.update(step * self._batch_size - self._bar.n)
        elif step - self._shown >= self._total / 20 or step == self._total:
            self._shown = step
            seconds = (time.monotonic() - self._start) / (step - self._first)
            self._say(
                f"epoch {epoch}, step {step} of {self._total}: {state}, "
                f"{self._batch_size / seconds:.0f} images/s, {seconds * (self._total - step):.0f} s left"
            )

    def close(self) -> None:
        """Leave the terminal's line as it is."""
        if self._bar is not None:
            self._bar.close()
