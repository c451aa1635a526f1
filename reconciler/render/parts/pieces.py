"""Parts of a rendering that has to fit somewhere: by rank, each whole, in short, or counted.

The most that a code host takes of a comment is a number of characters. What matters most comes
first and is left out last; nothing is ever cut in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

MAX_CHARS = 65_000  # GitHub takes 65,536; the rest is for the mark that `comment` adds
MIN_CHARS = 8_000  # the sums and the foot of a plan have room in it, whatever names they hold

GAP = "\n\n"


class Rank(IntEnum):
    """The order of reading, and how late a part is left out where not all fit: HEAD never."""

    HEAD = 0
    REFUSED = 1
    DELETED = 2
    REPLACED = 3
    LOST = 4
    SECRETS = 5
    OUTSIDE = 6
    GROUPED = 7
    SINGLE = 8
    DRIFT = 9
    ASIDE = 10


@dataclass(frozen=True, slots=True)
class Piece:
    """One part: its text, and one line to have in its place where the text does not fit.

    `counts` is how much of what it stands for, such as `to update`, and `tenants` whose.
    """

    rank: Rank
    text: str
    brief: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    tenants: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fitted:
    """The pieces in order, those shown in short, and those that are only counted."""

    shown: tuple[Piece, ...]
    in_short: tuple[Piece, ...]
    left_out: tuple[Piece, ...]
    text: str


LeftOut = Callable[[Mapping[str, int], int], str]
"""(counts, tenants) → the sentence about what is not shown."""


def fitted(pieces: Sequence[Piece], *, limit: int, left_out: LeftOut, foot: str = "") -> Fitted:
    """*pieces* by rank in at most *limit* characters, and *foot* at the end.

    HEAD and foot are always there, so that no text is shorter than these two.
    """
    ranked = sorted(pieces, key=lambda piece: piece.rank)
    end = [foot] if foot else []
    whole = GAP.join([*(piece.text for piece in ranked), *end]) + "\n"
    if len(whole) <= limit:
        return Fitted(tuple(ranked), (), (), whole)
    # Of fewer pieces the sentence is shorter, never longer.
    room = limit - _size([_sentence(ranked, left_out), *end])
    shown, short, dropped, texts = [], [], [], []
    for piece in ranked:
        if piece.rank is Rank.HEAD or _size([piece.text]) <= room:
            shown.append(piece)
            texts.append(piece.text)
        elif piece.brief and _size([piece.brief]) <= room:
            short.append(piece)
            texts.append(piece.brief)
        else:
            dropped.append(piece)
            continue
        room -= _size([texts[-1]])
    missing = [_sentence([*short, *dropped], left_out)] if short or dropped else []
    text = GAP.join([*texts, *missing, *end]) + "\n"
    return Fitted(tuple(shown), tuple(short), tuple(dropped), text)


def _size(texts: Sequence[str]) -> int:
    """The characters of *texts* with what parts each from the next."""
    return sum(len(text) + len(GAP) for text in texts)


def _sentence(pieces: Sequence[Piece], left_out: LeftOut) -> str:
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update(piece.counts)
    return left_out(counts, len({name for piece in pieces for name in piece.tenants}))
