"""Parts of a rendering that has to fit somewhere: each may be left out whole, by rank."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """How early a part is left out where not all fit: the first of these never."""

    SUMMARY = 0
    REFUSED = 1
    LOSS = 2
    NOTABLE = 3
    HARMLESS = 4
    ASIDE = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """One part, in reading order; `tenants` is how many it is about, to say what is left out."""

    rank: Rank
    text: str
    tenants: int = 0

    @property
    def size(self) -> int:
        """Its characters, which is what code hosts count."""
        return len(self.text)


def joined(pieces: list[Piece]) -> str:
    """All of them as one text."""
    return "\n\n".join(piece.text for piece in pieces) + "\n"
