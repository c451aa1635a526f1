"""A tenant set: `tenants: {template: NAME, from: FILE}` makes each row of a table a tenant.

A row says what a tenant's manifest would: its key, the sources it uses, labels, and params.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as FilePath

from reconciler.manifest.discover import TenantFiles, confined, shown
from reconciler.manifest.expressions import OPENING
from reconciler.manifest.layers import Layer, merged
from reconciler.manifest.params import LABEL, RESERVED, ParamsSchema, read_cell, split_list
from reconciler.manifest.reader import Document, load
from reconciler.manifest.schema import check
from reconciler.manifest.tables import Record, Table, read_table
from reconciler.manifest.tenant import Manifest, Surroundings, build_manifest, joined
from reconciler.manifest.uses import EVERYTHING
from reconciler.model import Json, Origin, Path
from reconciler.model.paths import walk_leaves
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem
from reconciler.problems.wording import did_you_mean

TABLES = (".csv", ".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as a tenant's manifest would have it; `text` is nothing that is evaluated."""

    record: Record
    value: Mapping[str, Json]
    text: str = ""

    def origin(self, at: Path, *, key: bool = False) -> Origin:  # noqa: ARG002
        return self.record.place(_column(at))


def is_set(documents: Sequence[Document]) -> bool:
    """Whether these are the files of a tenant set."""
    return any("tenants" in document.value for document in documents)


def table_of(files: TenantFiles, documents: Sequence[Document]) -> FilePath | None:
    """The file that the rows are in, if the set names one."""
    for document in documents:
        named = document.value.get("tenants")
        if isinstance(named, dict) and isinstance(named.get("from"), str):
            folder = files.path if files.is_folder else files.path.parent
            return folder / str(named["from"])
    return None


def every_row(_record: Record) -> bool:
    """Wants the whole table."""
    return True


def read_set(
    files: TenantFiles,
    documents: Sequence[Document],
    around: Surroundings,
    wants: Callable[[Record], bool] = every_row,
) -> Iterator[Manifest]:
    """The manifest of each row that is wanted, while the whole table is checked.

    Raises ManifestError for a set that cannot be understood at all.
    """
    written = joined(documents)
    problems = _shape_problems(documents, written)
    if problems:
        raise ManifestError(problems)
    wanted = written["tenants"]
    template = around.templates.by_name.get(wanted["template"])
    if template is None:
        origin = _origin(documents, ("tenants", "template"))
        unknown = around.templates.unknown(wanted["template"])
        raise ManifestError([replace(unknown, where=origin)])
    file = table_of(files, documents)
    assert file is not None, "the shape has been checked"
    table = _read(file, _origin(documents, ("tenants", "from")), around)
    below = {key: value for key, value in written.items() if key != "tenants"}
    below["template"] = template.name
    if not template.problems:
        _check_columns(table, template.params, below)
    files = TenantFiles(files.path, files.files, (file, *template.files))
    layers = [Layer(document, document.value) for document in documents]
    for record in filter(wants, table.records):
        row = Row(record, _as_manifest(record, template.params))
        own = [*layers, Layer(row, row.value)]
        yield build_manifest(files, own, merged(below, row.value), around, is_row=True)


def _shape_problems(documents: Sequence[Document], written: Mapping[str, Json]) -> list[Problem]:
    """What is wrong with the set itself; its overrides are checked with each row."""
    return [
        problem.locate(partial(_origin, documents))
        for problem in check(written, "tenant-set")
        if len(problem.at.path) <= 1 or problem.at.path[0] in ("version", "tenants")
    ]


def _origin(documents: Sequence[Document], at: Path, *, key: bool = False) -> Origin:
    document = max(documents, key=lambda each: each.depth(at))
    return document.origin(at, key=key)


def _read(file: FilePath, named_at: Origin, around: Surroundings) -> Table:
    if file.suffix not in TABLES:
        detail = f"{shown(file)} is none of {', '.join(TABLES)}."
        raise ManifestError([Problem(rules.UNUSABLE_TABLE, named_at, detail=detail)])
    try:
        confined(file, around.root)
    except ManifestError as problem:
        moved = [replace(each, where=named_at) for each in problem.problems]
        raise ManifestError(moved) from problem
    if not file.is_file():
        detail = f"There is no file {shown(file)}."
        hint = "`from` is relative to the file that it stands in."
        raise ManifestError([Problem(rules.NO_SUCH_TABLE, named_at, detail, hint)])
    table = read_table(load(file, shown(file)), file.suffix, shown(file))
    if not table.records:
        detail = "It has no rows, so it would be a set of no tenants."
        raise ManifestError([Problem(rules.EMPTY_FILE, table.start, detail=detail)])
    return table


def _check_columns(table: Table, schema: ParamsSchema, below: Mapping[str, Json]) -> None:
    """Raises ManifestError for columns that mean nothing or are missing, and for expressions."""
    problems: list[Problem] = []
    known = [*RESERVED, *schema.properties]
    if table.columns:
        problems += [
            _unknown(name, table.columns[name], known)
            for name in table.columns
            if not _is_known(name, schema)
        ]
        given = {*schema.defaults, *(below.get("params") or {}), *table.columns}
        missing = [name for name in ("tenant", *schema.required) if name not in given]
        problems += [
            Problem(rules.MISSING_COLUMN, table.start, detail=f'The table needs a column "{name}".')
            for name in missing
        ]
    for record in table.records:
        for column, value in record.values.items():
            if not table.columns and not _is_known(column, schema) and column != "labels":
                problems.append(_unknown(column, record.place(column), known))
            if _holds_expression(value):
                detail = "Tables hold plain values: expressions are evaluated in templates only."
                place = record.place(column)
                problems.append(Problem(rules.EXPRESSION_IN_A_TABLE, place, detail=detail))
    if problems:
        raise ManifestError(problems)


def _is_known(column: str, schema: ParamsSchema) -> bool:
    return column in RESERVED or column in schema.properties or column.startswith(LABEL)


def _unknown(name: str, place: Origin, known: Sequence[str]) -> Problem:
    hint = did_you_mean(name, known) or f"Known: {', '.join(known)}, {LABEL}NAME."
    detail = f'"{name}" is no param of the template, and no column that every set may have.'
    return Problem(rules.UNKNOWN_COLUMN, place, detail, hint)


def _holds_expression(value: Json) -> bool:
    return any(isinstance(leaf, str) and OPENING in leaf for _, leaf in walk_leaves(value))


def _as_manifest(record: Record, schema: ParamsSchema) -> dict[str, Json]:
    """What a manifest would say in this row's place; cells of text take their column's type."""
    value: dict[str, Json] = {}
    params: dict[str, Json] = {}
    labels: dict[str, Json] = dict(_labels(record.values.get("labels")))
    for column, cell in record.values.items():
        if column == "uses":
            value["uses"] = split_list(cell) if record.is_text and cell != EVERYTHING else cell
        elif column in RESERVED:
            value[column] = cell
        elif column in schema.properties:
            typed = read_cell(cell, schema.properties[column]) if record.is_text else cell
            params[column] = typed
        elif column.startswith(LABEL):
            labels[column.removeprefix(LABEL)] = cell
    return {**value, "params": params, **({"labels": labels} if labels else {})}


def _labels(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _column(at: Path) -> str:
    """The column that the value at a path of the manifest is from."""
    if len(at) > 1 and at[0] == "params":
        return str(at[1])
    if len(at) > 1 and at[0] == "labels":
        return f"{LABEL}{at[1]}"
    return str(at[0]) if at else "tenant"
