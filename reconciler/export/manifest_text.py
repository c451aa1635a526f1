"""What an export writes: manifests in the style of hand-written ones, and the list of secrets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from reconciler.export.page import Page
from reconciler.manifest.yaml_text import block_text, flow, scalar
from reconciler.model import Json, Path
from reconciler.problems.wording import safe

WIDTH = 100
SHORT = 3  # entries of a mapping that is written on one line when it fits
BLOCKS = 2  # levels whose mappings are never written on a line: sections, and what is in them


def render_manifest(page: Page) -> str:
    """The whole text, with its comments."""
    lines = list(_comment(page.head.splitlines(), ""))
    if lines:
        lines.append("")
    lines += _mapping(page.value, (), page.comments)
    return "\n".join(lines) + "\n"


def render_secrets(needed: Mapping[str, str]) -> str:
    """A file in the form of `.env` with every name and no value, and where each is used."""
    lines = [
        "# The secrets that these manifests name, which Airbyte does not show. Planning needs none",
        "# of them; applying needs those of what it creates or changes.",
    ]
    for name, place in sorted(needed.items()):
        lines += ["", f"# {place}", f"{name}="]
    return "\n".join(lines) + "\n"


Comments = Mapping[Path, Sequence[str]]


def _mapping(value: Mapping[str, Json], at: Path, comments: Comments) -> Iterator[str]:
    indent = "  " * len(at)
    is_loose = not at or (len(at) == 1 and all(isinstance(v, Mapping) for v in value.values()))
    was_long = False
    for position, (key, inner) in enumerate(value.items()):
        path = (*at, key)
        told = list(_comment(comments.get(path, ()), indent))
        lines = list(_entry(key, inner, path, comments))
        is_long = len(told) + len(lines) > 1
        if position and is_loose and (is_long or was_long):
            yield ""
        was_long = is_long
        yield from told
        yield from lines
    for path, texts in comments.items():
        if path[:-1] == at and path[-1] not in value:
            yield from _comment(texts, indent)


def _entry(key: str, value: Json, at: Path, comments: Comments) -> Iterator[str]:
    """One key with its value: on a line if that is how people write it, else below."""
    indent = "  " * (len(at) - 1)
    head = f"{indent}{scalar(key)}:"
    if isinstance(value, Mapping) and (value or _has_comments(at, comments)):
        if line := _on_a_line(value, head, at, comments):
            yield line
            return
        # Comments alone below a key would read as null, which takes the key away in Airbyte.
        yield head if value else f"{head} {{}}"
        yield from _mapping(value, at, comments)
    elif isinstance(value, list) and value:
        line = f"{head} {flow(value)}"
        if len(line) <= WIDTH and not any(isinstance(item, Mapping) for item in value):
            yield line
            return
        yield head
        for item in value:
            yield from _item(item, indent + "  ")
    else:
        yield from _leaf(head, value, indent + "  ")


def _on_a_line(value: Mapping[str, Json], head: str, at: Path, comments: Comments) -> str:
    """The mapping behind its key when it is short and simple; else nothing."""
    is_simple = len(value) <= SHORT and not any(_is_nested(inner) for inner in value.values())
    is_block = len(at) <= BLOCKS and at[0] != "labels"
    if not is_simple or is_block or _has_comments(at, comments):
        return ""
    line = f"{head} {flow(value)}"
    return line if len(line) <= WIDTH and "\\n" not in line else ""


def _item(value: Json, indent: str) -> Iterator[str]:
    """One element of a list, on a line if it fits, else with its keys below each other."""
    line = f"{indent}- {flow(value)}"
    if len(line) <= WIDTH or not (isinstance(value, Mapping | list) and value):
        yield line
        return
    if isinstance(value, Mapping):
        lines = [ln for k, v in value.items() for ln in _nested_entry(k, v, indent + "  ")]
    else:
        lines = [ln for item in value for ln in _item(item, indent + "  ")]
    yield f"{indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _nested_entry(key: str, value: Json, indent: str) -> Iterator[str]:
    """A key of a mapping inside a list."""
    head = f"{indent}{scalar(key)}:"
    if isinstance(value, Mapping | list) and value:
        line = f"{head} {flow(value)}"
        if len(line) <= WIDTH:
            yield line
            return
        yield head
        if isinstance(value, list):
            for item in value:
                yield from _item(item, indent + "  ")
        else:
            for inner, nested in value.items():
                yield from _nested_entry(inner, nested, indent + "  ")
    else:
        yield from _leaf(head, value, indent + "  ")


def _leaf(head: str, value: Json, indent: str) -> Iterator[str]:
    lines = block_text(value, indent) if isinstance(value, str) else None
    if lines is None:
        yield f"{head} {scalar(value)}"
        return
    yield f"{head} {next(lines)}"
    yield from lines


def _is_nested(value: Json) -> bool:
    return isinstance(value, Mapping | list) and bool(value)


def _has_comments(at: Path, comments: Comments) -> bool:
    return any(path[: len(at)] == at and len(path) > len(at) for path in comments)


def _comment(texts: Sequence[str], indent: str) -> Iterator[str]:
    for text in texts:
        mark = f"{indent}# "
        yield from textwrap.wrap(
            safe(text),
            WIDTH,
            initial_indent=mark,
            subsequent_indent=mark,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [mark.rstrip()]
