"""Colours by what they mean, so that renderings never name one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """The codes to put before a text of each meaning; `reset` goes behind it."""

    create: str = ""
    update: str = ""
    delete: str = ""
    warning: str = ""
    error: str = ""
    dim: str = ""
    bold: str = ""
    reset: str = ""


PLAIN = Palette()
COLOUR = Palette(
    create="\x1b[32m",
    update="\x1b[33m",
    delete="\x1b[31m",
    warning="\x1b[33m",
    error="\x1b[31m",
    dim="\x1b[2m",
    bold="\x1b[1m",
    reset="\x1b[0m",
)
