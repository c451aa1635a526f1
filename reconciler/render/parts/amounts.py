"""Sizes, durations and ages as people say them."""

from __future__ import annotations

from reconciler.render.parts.values import safe

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def size_text(count: int) -> str:
    """`3.1 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def duration_text(iso: str) -> str:
    """`1m 3s` for `PT1M3S`."""
    words = "".join(c.lower() + " " if c.isalpha() else c for c in iso.removeprefix("PT"))
    return safe(words.strip())


def age_text(seconds: float) -> str:
    """`3 h ago`."""
    return f"{span_text(seconds)} ago" if seconds >= _UNITS[-1][0] else "just now"


def span_text(seconds: float) -> str:
    """A length of time in its largest whole unit: `3 d`, `40 s`."""
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{int(seconds // length):,} {unit}"
    return f"{max(int(seconds), 0)} s"
