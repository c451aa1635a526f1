"""Tables of tenants: CSV, or lists in JSON or YAML, as records that know the place of each cell."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.manifest.reader import Document, read_bytes, read_text, refuse_conflict
from reconciler.model import Json, Origin
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem

_CELL = re.compile(r'(?:[ \t]*"(?P<quoted>(?:[^"]|"")*)"[ \t]*|(?P<plain>[^",\r\n]*))')
_END = re.compile(r",|\r\n|\n|\r|\Z")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its cells by column, and where a column's cell or its name stands.

    `is_text`: every value is a text still, whatever the column's type.
    """

    values: Mapping[str, Json]
    place: Callable[[str], Origin]
    is_text: bool


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are the names that a header gives, with their places; none where rows have keys."""

    path: str
    columns: Mapping[str, Origin]
    records: Sequence[Record]

    @property
    def start(self) -> Origin:
        return Origin(self.path, 1, 1)


def read_table(content: bytes, suffix: str, shown_as: str) -> Table:
    """The table in a file. Raises ManifestError with everything that makes it unreadable."""
    text = read_bytes(content, shown_as)
    if suffix == ".csv":
        refuse_conflict(text, shown_as)
        return _csv(text, shown_as)
    return _rows(read_text(text, shown_as))


def _rows(document: Document) -> Table:
    problems = []
    records = []
    if not isinstance(document.value, list):
        detail = "A table of tenants is a list, with a mapping for each tenant."
        raise ManifestError([Problem(rules.WRONG_SHAPE, document.origin(()), detail=detail)])
    for index, row in enumerate(document.value):
        if isinstance(row, dict):
            given = {key: value for key, value in row.items() if value is not None}
            records.append(Record(given, _row_place(document, index), is_text=False))
        else:
            detail = "Each row must be a mapping, such as `{tenant: acme}`."
            problems.append(Problem(rules.WRONG_SHAPE, document.origin((index,)), detail=detail))
    if problems:
        raise ManifestError(problems)
    return Table(document.path, {}, records)


def _row_place(document: Document, index: int) -> Callable[[str], Origin]:
    return lambda column: document.origin((index, column))


@dataclass(frozen=True, slots=True)
class _Row:
    """The texts of a row's cells, and the offset at which the row begins."""

    cells: list[str]
    offset: int


def _csv(text: str, path: str) -> Table:
    lines = _Lines(text, path)
    rows = list(_split(lines))
    if not rows:
        raise ManifestError(
            [Problem(rules.EMPTY_FILE, Origin(path, 1, 1), detail="It has no header.")]
        )
    header, *body = rows
    problems = _header_problems(header, lines)
    names = header.cells
    for row in body:
        if len(row.cells) != len(names):
            problems.append(_wrong_length(row, header, lines))
    if problems:
        raise ManifestError(problems)
    columns = {name: lines.cell(header, index) for index, name in enumerate(names)}
    records = [
        Record(
            {name: cell for name, cell in zip(names, row.cells, strict=True) if cell},
            _cell_place(names, row, lines),
            is_text=True,
        )
        for row in body
    ]
    return Table(path, columns, records)


def _cell_place(names: Sequence[str], row: _Row, lines: _Lines) -> Callable[[str], Origin]:
    return lambda column: lines.cell(row, names.index(column) if column in names else 0)


class _Lines:
    """A CSV text, and offsets in it as lines and columns."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def origin(self, offset: int) -> Origin:
        line = bisect.bisect_right(self._starts, offset)
        return Origin(self.path, line, offset - self._starts[line - 1] + 1)

    def cell(self, row: _Row, index: int) -> Origin:
        """The place of the row's cell at *index*: of its text, or of its quotes."""
        _, offsets, _ = _cells(self, row.offset)
        return self.origin(offsets[index])


def _split(lines: _Lines) -> Iterator[_Row]:
    """The rows of a CSV text; blank lines are none. Spaces around a cell do not count."""
    text = lines.text
    offset = 0
    while offset < len(text):
        end = text.find("\n", offset)
        line = text[offset : end if end >= 0 else len(text)].removesuffix("\r")
        if '"' in line or "\r" in line:
            cells, _, after = _cells(lines, offset)
        else:
            cells = [cell.strip() for cell in line.split(",")]
            after = end + 1 if end >= 0 else len(text)
        if len(cells) > 1 or cells[0]:
            yield _Row(cells, offset)
        offset = after


def _cells(lines: _Lines, offset: int) -> tuple[list[str], list[int], int]:
    """The cells of the row that begins at *offset*, the offset of each, and that of the next row.

    Raises ManifestError for quotes that do not fit.
    """
    text = lines.text
    cells: list[str] = []
    offsets: list[int] = []
    while True:
        cell = _CELL.match(text, offset)
        assert cell is not None, "a cell may be empty"
        end = _END.match(text, cell.end())
        if end is None:
            raise ManifestError([_bad_quotes(text, cell.end(), lines)])
        quoted = cell["quoted"]
        value = cell["plain"].strip() if quoted is None else quoted.replace('""', '"').strip()
        skipped = len(cell[0]) - len(cell[0].lstrip())
        cells.append(value)
        offsets.append(offset + (skipped if value else 0))
        offset = end.end()
        if end[0] != ",":
            return cells, offsets, offset


def _bad_quotes(text: str, offset: int, lines: _Lines) -> Problem:
    opened = text[offset : offset + 1] == '"'
    why = "This quote is not closed." if opened else "Something stands behind the closing quote."
    return Problem(
        rules.UNUSABLE_TABLE,
        lines.origin(offset),
        why,
        'A cell with `,` or a quote in it: "Smith, ""Bob"" & Co".',
    )


def _header_problems(header: _Row, lines: _Lines) -> list[Problem]:
    problems: list[Problem] = []
    names = header.cells
    if len(names) == 1 and (sign := next((s for s in ";\t" if s in names[0]), "")):
        what = "tabs" if sign == "\t" else f"`{sign}`"
        detail = f"Its columns are separated by {what}."
        hint = "Separate them by commas: export it as CSV (comma delimited)."
        return [Problem(rules.UNUSABLE_TABLE, lines.origin(0), detail, hint)]
    seen: set[str] = set()
    for index, name in enumerate(names):
        place = lines.cell(header, index)
        if not name:
            detail = "This column has no name."
            problems.append(Problem(rules.UNUSABLE_TABLE, place, detail=detail))
        elif name in seen:
            detail = f'"{name}" is the name of two columns.'
            problems.append(Problem(rules.DUPLICATE_KEY, place, detail=detail))
        seen.add(name)
    return problems


def _wrong_length(row: _Row, header: _Row, lines: _Lines) -> Problem:
    has, wanted = len(row.cells), len(header.cells)
    hint = 'Put cells with commas in quotes: "a, b".' if has > wanted else ""
    return Problem(
        rules.UNUSABLE_TABLE,
        lines.cell(row, 0),
        f"This row has {has} cells, and the header has {wanted}.",
        hint,
    )
