"""Values → YAML that reads back as the same values, here and with any other reader of YAML.

What YAML 1.1 takes for something else than a text is quoted. Texts of several lines are blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.model import Json

_PLAIN = re.compile(r"[^\W\d_][\w./@+-]*(?: [\w./@+()&-]+)*\Z")
_EXPRESSION = re.compile(r"\$\{\{ [A-Za-z0-9_.-]+(?:\[tenant\]\.[A-Za-z0-9_.-]+)? \}\}\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
# What turns the direction of a text, or is not seen at all, would show a reviewer something else.
_MISLEADING = r"\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
_LINE = re.compile(rf"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff{_MISLEADING}]*\Z")
_UNSAFE = re.compile(rf"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff{_MISLEADING}]")


def scalar(value: Json, *, in_flow: bool = False) -> str:
    """*value*, which is no mapping and no list with anything in it, on one line."""
    if isinstance(value, str):
        return _text(value, in_flow=in_flow)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")
    return json.dumps(value)


def flow(value: Json) -> str:
    """*value* on one line, as `{a: 1, b: [c, d]}`."""
    if isinstance(value, Mapping) and value:
        inner = (f"{scalar(k, in_flow=True)}: {flow(v)}" for k, v in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value, in_flow=True)


def block_text(text: str, indent: str) -> Iterator[str] | None:
    """*text* as a literal block, its first line being what stands behind the key; None if it is
    none of several lines, or has what a block does not keep.
    """
    lines = text.split("\n")
    body = lines[:-1] if not lines[-1] else lines
    is_fit = len(lines) > 1 and all(_LINE.match(ln) and ln == ln.rstrip() for ln in lines)
    if not is_fit or not body or not body[-1] or not body[0] or body[0][0].isspace():
        return None
    head = "|" if not lines[-1] else "|-"
    return iter([head, *(f"{indent}{line}" if line else "" for line in body)])


def _text(text: str, *, in_flow: bool) -> str:
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    if not in_flow and _EXPRESSION.match(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
