"""Remarks that stand in several texts of a page. Each of these is said once, as a numbered note."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Piece:
    """A part of a text: words, or the number of a note."""

    text: str
    note: int | None = None


@dataclass
class Notes:
    """The notes of a page, numbered from 1 in the order in which they are referred to."""

    repeated: set[str]
    numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def among(cls, texts: Iterable[Sequence[str]]) -> "Notes":
        """The notes of the remarks that stand in at least two of these texts.

        Args:
            texts: The remarks of each text.
        """
        counts = Counter(remark for remarks in texts for remark in dict.fromkeys(remarks))
        return cls({remark for remark, count in counts.items() if count > 1})

    def pieces(self, remarks: Sequence[str]) -> list[Piece]:
        """The remarks of a text, with the number of a note in place of each remark that other texts have too.

        >>> notes = Notes.among([["One.", "Both."], ["Both."]])
        >>> notes.pieces(["One.", "Both."])
        [Piece(text='One.', note=None), Piece(text='Both.', note=1)]
        """
        return [
            Piece(remark, self.numbers.setdefault(remark, len(self.numbers) + 1) if remark in self.repeated else None)
            for remark in remarks
        ]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which empty lines separate."""
    return [paragraph for part in text.split("\n\n") if (paragraph := part.strip())]
