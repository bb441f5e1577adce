"""Several mistakes told at once, so that nobody has to mend them one run after the other."""

from collections.abc import Generator
from contextlib import contextmanager

from vrrae_bench.system.errors import UserError, numbered

MOST_TOLD = 10


class Problems:
    """Mistakes that are kept while others are looked for; at the tenth, all are told."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep the mistake that ends the block, if one does, and go on after it.

        Raises:
            UserError: It was the tenth.
        """
        try:
            yield
        except UserError as error:
            self.add(str(error))

    def add(self, problem: str) -> None:
        """Keep a mistake: what is wrong, where, and what to do.

        Raises:
            UserError: It was the tenth.
        """
        self._found.append(problem)
        if len(self._found) >= MOST_TOLD:
            self.refuse()

    def refuse(self) -> None:
        """End here if there were any.

        Raises:
            UserError: All of them, or the first ten.
        """
        if self._found:
            raise self.told()

    def told(self) -> UserError:
        """All mistakes that were found, or the first ten, as one error."""
        if len(self._found) == 1:
            return UserError(self._found[0])
        head = f"{len(self._found)} problems" if len(self._found) < MOST_TOLD else f"{MOST_TOLD} problems or more"
        return UserError(f"{head}:\n{numbered(self._found)}")
