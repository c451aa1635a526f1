"""Filling a sandbox in bulk, and writing down all that it holds: JSON, one thing a line.

A file may hold requests or rows. A request is carried out by the API's own handlers, without HTTP
between: `{"post": "/sources", "body": {…}, "as": "shop"}`, where a text "@shop" in a later body or
path stands for the id that was answered. Rows are what `dump` writes: `{"table": …, "row": {…}}`
below a line that says so, secrets in clear.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.sandbox.api.discovery import Running
from reconciler.sandbox.api.routes import ROUTES
from reconciler.sandbox.core.call import Call, World
from reconciler.sandbox.core.problems import Refusal
from reconciler.sandbox.core.routing import NoRoute, Router
from reconciler.sandbox.core.shapes import Unfit
from reconciler.sandbox.core.store import SandboxError, Store

FORMAT = "reconciler-sandbox"

Line = Mapping[str, Any]


def dumped_lines(store: Store) -> Iterator[str]:
    """Everything that the database holds, as lines that `fill` takes."""
    yield _line({"format": FORMAT, "schema": store.version})
    for table in store.tables():
        for row in store.all(f"SELECT * FROM {table}"):
            yield _line({"table": table, "row": dict(row)})


def parsed(lines: Iterable[str]) -> Iterator[Line]:
    """The lines of a file. Raises SandboxError at the first that is no JSON object."""
    try:
        yield from _objects(lines)
    except UnicodeDecodeError as problem:
        raise SandboxError(f"the file is not UTF-8 text: {problem.reason}") from problem


def _objects(lines: Iterable[str]) -> Iterator[Line]:
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise SandboxError(f"line {number} is no JSON object")
        yield line


def fill(world: World, lines: Iterable[Line]) -> int:
    """Carries out what the lines say, in one transaction; how many there were.

    Raises SandboxError at a line that cannot be carried out; then nothing of them is written.
    """
    filler = _Filler(world)
    with world.store.transaction():
        return sum(filler.carry_out(line) for line in lines)


class _Filler:
    """Remembers the ids that were given out under a name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._router = Router(ROUTES)
        self._ids: dict[str, str] = {}
        self._count = 0

    def carry_out(self, line: Line) -> int:
        """Does what a line says; 1 if it was about a thing."""
        self._count += 1
        if "format" in line:
            self._check_format(line)
            return 0
        if "table" in line:
            self._put_row(line)
            return 1
        if "post" in line:
            self._post(line)
            return 1
        raise SandboxError(f'line {self._count} has neither "table" nor "post"')

    def _check_format(self, line: Line) -> None:
        store = self._world.store
        if line["format"] != FORMAT or line.get("schema") != store.version:
            raise SandboxError("this is no dump of this version's sandbox")

    def _put_row(self, line: Line) -> None:
        store = self._world.store
        if line["table"] not in store.tables():
            raise SandboxError(f"line {self._count}: there is no table {line['table']}")
        if not isinstance(line.get("row"), dict):
            raise SandboxError(f'line {self._count} has no "row"')
        store.restore(line["table"], line["row"])

    def _post(self, line: Line) -> None:
        if not isinstance(line["post"], str):
            raise SandboxError(f'line {self._count}: "post" is no path')
        path, body = self._named(line["post"]), self._named(line.get("body", {}))
        try:
            route, params = self._router.match("POST", path)
            shaped = route.body(body, "body") if route.body else {}
            call = Call(self._world, path, params, {}, shaped, body)
            _, answer = route.handler(call)
        except (NoRoute, Refusal, Running, Unfit) as problem:
            raise SandboxError(f"line {self._count} cannot be carried out: {problem}") from problem
        if "as" in line:
            ids = (value for key, value in (answer or {}).items() if key.lower().endswith("id"))
            if (id_ := next(ids, None)) is None:
                raise SandboxError(f'line {self._count}: "as" names an answer without an id')
            self._ids[f"@{line['as']}"] = str(id_)

    def _named(self, value: Any) -> Any:
        """*value* with ids in place of names, at any depth."""
        if isinstance(value, str):
            if "@" in value and value.startswith("/"):
                return "/".join(self._ids.get(part, part) for part in value.split("/"))
            return self._ids.get(value, value)
        if isinstance(value, list):
            return [self._named(item) for item in value]
        if isinstance(value, dict):
            return {key: self._named(item) for key, item in value.items()}
        return value


def _line(value: Line) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
