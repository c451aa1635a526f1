"""YAML text → JSON values, with the place of every value; refuses YAML's traps.

Values are what JSON would make of them: `on`, `no`, `2024-01-01`, `12:30:45` and `0123` stay text.
Refused: duplicate keys, keys that are not text, custom tags, several documents in one file, aliases
that contain themselves or explode. Places below the second level are worked out when asked for.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath

import yaml
from yaml._yaml import CParser
from yaml.resolver import BaseResolver

from reconciler.model import Json, Origin, Path
from reconciler.model.paths import count_steps
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem

MAX_DEPTH = 100
MAX_VALUES = 1_000_000  # counted with aliases expanded, so that a "billion laughs" file is refused
REPEATED = 40  # letters; longer texts are rarely the same twice
SHALLOW = 2  # path lengths whose places are kept from the first reading: sections and their keys

_PLAIN = "?"
_STR, _MAP, _SEQ = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,300})\Z")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_WORDS: Mapping[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_ADVICE: Mapping[str, str] = {
    "unexpected end of stream": "Close the quote that begins there.",
    "did not find expected key": "Check the indentation, and that quotes before this are closed.",
    "mapping values are not allowed": "Put a text with `: ` in it in quotes, or mend the "
    "indentation of this line.",
}
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its values and where they stand. `path` is the file's name as the user knows it."""

    path: str
    text: str
    value: Json
    shallow: Mapping[Path, Origin]

    def origin(self, at: Path, *, key: bool = False) -> Origin:
        """The place of the value at *at*, or of its key; of the nearest ancestor that exists."""
        if key and at in self.shallow:
            return self.shallow[at]
        key_node, node, _ = _descend(_compose(self.text), at)
        mark = (key_node if key and key_node else node).start_mark
        return Origin(self.path, mark.line + 1, mark.column + 1)

    def depth(self, at: Path) -> int:
        """How many steps of *at* this document has."""
        return count_steps(self.value, at)


def read_file(file: FilePath, shown_as: str) -> Document:
    """The document in *file*. Raises ManifestError when it is no readable YAML."""
    return read_text(read_bytes(load(file, shown_as), shown_as), shown_as)


def load(file: FilePath, shown_as: str) -> bytes:
    """What is in *file*. Raises ManifestError when it cannot be opened."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise _refuse(
            Origin(shown_as, 1, 1), rules.UNREADABLE_FILE, f"{problem.strerror or problem}."
        ) from problem


def read_bytes(content: bytes, shown_as: str) -> str:
    """*content* as text, without a byte order mark. Raises ManifestError when it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _refuse(
            Origin(shown_as, 1, 1),
            rules.NOT_A_TEXT_FILE,
            f"Byte {problem.start} is not UTF-8.",
            "Save the file as UTF-8; spreadsheets offer it as `CSV UTF-8`.",
        ) from problem


def refuse_conflict(text: str, shown_as: str) -> None:
    """Raises ManifestError at the first conflict marker of a git merge."""
    if conflict := _CONFLICT.search(text):
        raise _refuse(
            Origin(shown_as, text.count("\n", 0, conflict.start()) + 1, 1),
            rules.MERGE_CONFLICT,
            "The file still has conflict markers of a git merge.",
            "Resolve the conflict and remove the markers.",
        )


def read_text(text: str, shown_as: str) -> Document:
    """The document written in *text*. Raises ManifestError with every problem found."""
    refuse_conflict(text, shown_as)
    try:
        root = _Composer(text).get_single_node()
    except yaml.YAMLError as problem:
        raise _not_yaml(problem, text, shown_as) from problem
    if root is None:
        raise _refuse(Origin(shown_as, 1, 1), rules.EMPTY_FILE, "There is nothing in this file.")
    reading = _Reading(shown_as)
    value = reading.value(root, ())
    if reading.problems:
        raise ManifestError(reading.problems)
    return Document(shown_as, text, value, reading.shallow)


def plain_scalar(text: str) -> Json:
    """The JSON value that *text* stands for when it is written without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[-1:].isdecimal():
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text) and math.isfinite(number := float(text)):
            return number
    return text


class _Composer(CParser, BaseResolver):
    """libyaml's nodes without YAML's own ideas of what a plain scalar means."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        BaseResolver.__init__(self)

    def resolve(self, kind: type[yaml.Node], _value: str | None, implicit: object) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if isinstance(implicit, tuple) and implicit[0] else _STR
        return _MAP if kind is yaml.MappingNode else _SEQ


class _Reading:
    """One walk over the nodes of a file: values, shallow places, problems."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.shallow: dict[Path, Origin] = {}
        self.problems: list[Problem] = []
        self._count = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node, at: Path) -> Json:
        self._count += 1
        if self._count > MAX_VALUES or len(at) > MAX_DEPTH:
            raise _refuse(
                self._origin(node),
                rules.FILE_TOO_LARGE,
                f"It has more than {MAX_VALUES} values or is nested deeper than {MAX_DEPTH}.",
            )
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            self._problem(node, rules.RECURSIVE_ALIAS, "This alias contains itself.")
            return None
        if node.tag not in (_MAP, _SEQ):
            self._unsupported_tag(node)
        self._open.add(id(node))
        value = (
            self._mapping(node, at)
            if isinstance(node, yaml.MappingNode)
            else [self.value(item, (*at, index)) for index, item in enumerate(node.value)]
        )
        self._open.discard(id(node))
        return value

    def _scalar(self, node: yaml.ScalarNode) -> Json:
        text = node.value
        if len(text) <= REPEATED:
            # One object however often it is met: the manifests of a fleet repeat themselves.
            text = sys.intern(text)
        if node.tag == _PLAIN:
            return plain_scalar(text)
        if node.tag != _STR:
            self._unsupported_tag(node)
        return text

    def _mapping(self, node: yaml.MappingNode, at: Path) -> dict[str, Json]:
        merged: dict[str, Json] = {}
        values: dict[str, Json] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, rules.UNUSABLE_KEY, "A key must be a text.")
                continue
            key = sys.intern(key_node.value)
            if key == "<<" and key_node.tag == _PLAIN:
                merged |= self._merge(value_node, at)
                continue
            path = (*at, key)
            if key in values:
                self._problem(
                    key_node, rules.DUPLICATE_KEY, f'"{key}" is already set in this mapping.'
                )
                continue
            if len(path) <= SHALLOW:
                self.shallow[path] = self._origin(key_node)
            values[key] = self.value(value_node, path)
        return {**merged, **values} if merged else values

    def _merge(self, node: yaml.Node, at: Path) -> dict[str, Json]:
        """What a `<<` brings in; of several mappings the first one wins, as YAML 1.1 has it."""
        merged: dict[str, Json] = {}
        for source in reversed(_merged_nodes(node)):
            if isinstance(source, yaml.MappingNode):
                merged |= self.value(source, at) or {}
            else:
                self._problem(
                    source, rules.UNUSABLE_MERGE, "`<<` takes a mapping or a list of them."
                )
        return merged

    def _unsupported_tag(self, node: yaml.Node) -> None:
        self._problem(
            node,
            rules.UNSUPPORTED_TAG,
            f"{node.tag} is not supported: manifests hold plain JSON values.",
            'Remove the tag; put a text in quotes ("…").',
        )

    def _problem(self, node: yaml.Node, rule: rules.Rule, detail: str, hint: str = "") -> None:
        self.problems.append(Problem(rule, self._origin(node), detail=detail, hint=hint))

    def _origin(self, node: yaml.Node) -> Origin:
        return Origin(self.path, node.start_mark.line + 1, node.start_mark.column + 1)


@lru_cache(maxsize=16)
def _compose(text: str) -> yaml.Node:
    """The nodes of a text that has been read before, for the places of its values."""
    node = _Composer(text).get_single_node()
    assert node is not None, "an empty text is refused when it is read"
    return node


def _descend(root: yaml.Node, at: Path) -> tuple[yaml.Node | None, yaml.Node, int]:
    """The key node and the value node at *at*, as deep as the path leads, and that depth."""
    key_node: yaml.Node | None = None
    node = root
    for depth, step in enumerate(at):
        found = next((pair for pair in _children(node) if pair[0] == step), None)
        if found is None:
            return key_node, node, depth
        _, key_node, node = found
    return key_node, node, len(at)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node | None, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        yield from ((index, None, item) for index, item in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        yield from ((key.value, key, value) for key, value in node.value)
        for key, value in node.value:
            if key.value == "<<":
                for source in _merged_nodes(value):
                    yield from _children(source)


def _merged_nodes(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def _refuse(origin: Origin, rule: rules.Rule, detail: str, hint: str = "") -> ManifestError:
    return ManifestError([Problem(rule, origin, detail, hint)])


def _not_yaml(problem: yaml.YAMLError, text: str, shown_as: str) -> ManifestError:
    """libyaml's complaint, at its place; its wording is kept since people search for it."""
    if isinstance(problem, yaml.reader.ReaderError):
        origin = Origin(shown_as, text.count("\n", 0, problem.position) + 1, 1)
        return _refuse(
            origin, rules.NOT_A_TEXT_FILE, "It has control characters, so this is no YAML manifest."
        )
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    origin = Origin(shown_as, mark.line + 1, mark.column + 1) if mark else Origin(shown_as, 1, 1)
    said = (_context(problem, mark), getattr(problem, "problem", None))
    line = text.splitlines()[origin.line - 1] if origin.line <= len(text.splitlines()) else ""
    hints = {
        "\t": "Indent with spaces: YAML does not take tabs.",
        "${{": 'Inside { } and [ ] put expressions in quotes: "${{ … }}".',
    }
    hint = next((advice for sign, advice in hints.items() if sign in line), "")
    hint = hint or next((advice for sign, advice in _ADVICE.items() if sign in str(said[1])), "")
    return _refuse(origin, rules.NOT_YAML, ", ".join(part for part in said if part) + ".", hint)


def _context(problem: yaml.YAMLError, mark: yaml.Mark | None) -> str | None:
    """What libyaml was reading, and where that began when it was not at *mark*."""
    context: str | None = getattr(problem, "context", None)
    began = getattr(problem, "context_mark", None)
    if (
        not context
        or not began
        or not mark
        or (began.line, began.column) == (mark.line, mark.column)
    ):
        return context
    return f"{context} that begins at {began.line + 1}:{began.column + 1}"
