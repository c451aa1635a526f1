"""JSON values, their types and their places as messages name them; no text can harm a terminal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping

from reconciler.model import Json, Path, Secret

TYPES: Mapping[str, str] = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def type_names(types: str | list[str]) -> str:
    """What a schema's `type` asks for: "a text or a number"."""
    return " or ".join(
        TYPES.get(name, name) for name in ([types] if isinstance(types, str) else types)
    )


def type_of(value: Json) -> str:
    """What *value* is: "a list"."""
    for type_, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, type_):
            return TYPES[name]
    if isinstance(value, dict | list):
        return TYPES["object" if isinstance(value, dict) else "array"]
    return "a secret" if isinstance(value, Secret) else TYPES["null"]


def shown(value: Json) -> str:
    """The beginning of *value* as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def show_path(at: Path) -> str:
    """A path as people write it: `sources.stripe.configuration.tags[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    return safe(text.removeprefix("."))


def safe(text: str) -> str:
    """*text* with all that is not printable escaped: control codes, bidi overrides, breaks."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`Did you mean "x"?` for the nearest of *known*, or nothing when none is near."""
    lowered = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f'Did you mean "{lowered[near[0]]}"?' if near else ""
