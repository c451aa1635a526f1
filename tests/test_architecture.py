"""The house and its floors: which room may know which. Every file of the package is parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from reconciler.kinds import all_kinds

PACKAGE = Path(__file__).parents[1] / "reconciler"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("model",),
    ("problems",),
    ("connectors", "api"),
    ("kinds", "manifest", "ledger"),
    ("project",),
    ("secrets", "live"),
    ("plan", "jobs", "review"),
    ("apply", "export"),
    ("operations",),
    ("render",),
    ("cli",),
)
"""The rooms from the ground up: a room may know those below it, and none above or beside it."""

SANDBOX_FLOORS: tuple[tuple[str, ...], ...] = (
    ("sandbox.core",),
    ("sandbox.platform",),
    ("sandbox.api",),
    ("sandbox.control",),
    ("sandbox.server",),
)
"""The independent witness: a house of its own, which knows nothing of the other one."""

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("cli.commands.sandbox", "sandbox"): "the command that serves, fills and empties the sandbox",
    ("operations.session", "sandbox"): "starts the embedded sandbox for `--env sandbox`",
}
"""(module, room) → why this module may know a room that it could not know from its floor."""

MOST_ROOMS = 25

LIBRARY_HOMES: Mapping[str, tuple[str, ...]] = {
    "requests": ("api.transport", "api.registry"),
    "jsonschema_rs": ("connectors", "manifest.schema", "sandbox"),
    "platformdirs": ("operations.catalogue",),
    "deepdiff": ("plan.diff",),
    "yaml": ("manifest.reader",),
    "starlette": ("sandbox",),
    "uvicorn": ("sandbox",),
    "sqlite3": ("ledger", "sandbox"),
    "click": ("cli",),
    "rich": ("cli.terminal",),
    "fcntl": ("ledger", "sandbox"),
}
"""Libraries that only these places import."""


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its dotted name without the package, what it imports of us and of others."""

    name: str
    ours: frozenset[str]
    others: frozenset[str]
    tree: ast.Module

    @property
    def room(self) -> str:
        return room_of(self.name)


def room_of(name: str) -> str:
    """`sandbox.core` of `sandbox.core.store`, `plan` of `plan.build`."""
    parts = name.split(".")
    return ".".join(parts[: 2 if parts[0] == "sandbox" else 1])


@cache
def modules() -> Mapping[str, Module]:
    """Every module of the package by its dotted name; a package goes by its own name."""
    files = {_dotted(file): file for file in sorted(PACKAGE.rglob("*.py"))}
    return {name: _read(name, file, files) for name, file in files.items()}


def _dotted(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(name: str, file: Path, known: Mapping[str, Path]) -> Module:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = list(_imported(tree))
    ours = (full.removeprefix("reconciler.") for full in imported if full.startswith("reconciler."))
    others = frozenset(full for full in imported if not full.startswith("reconciler"))
    return Module(name, frozenset(_module_named(full, known) for full in ours), others, tree)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Everything that *tree* imports, with the names taken from a package spelt out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_named(full: str, known: Mapping[str, Path]) -> str:
    """The module that *full* is, or that has it as a name."""
    return full if full in known else full.rpartition(".")[0]


def height(room: str) -> int:
    """On which floor of its house a room is."""
    floors = SANDBOX_FLOORS if room.startswith("sandbox") else FLOORS
    return next(number for number, rooms in enumerate(floors) if room in rooms)


def may_know(module: Module, other: str) -> bool:
    """Whether *module* may import the module *other* from where its room is."""
    if other == "" or room_of(other) == module.room:
        return True
    if module.name in ("", "__main__"):
        return room_of(other) == "cli"
    if module.room.startswith("sandbox") != other.startswith("sandbox"):
        return False
    return height(room_of(other)) < height(module.room)


def test_imports_point_down_only() -> None:
    assert list(_strays()) == []


def _strays() -> Iterator[str]:
    for module in modules().values():
        for other in module.ours:
            house = other.split(".")[0]
            if not may_know(module, other) and (module.name, house) not in EXCEPTIONS:
                yield f"{module.name} imports {other}"


def test_every_exception_is_in_use() -> None:
    used = {
        (module.name, other.split(".")[0])
        for module in modules().values()
        for other in module.ours
        if not may_know(module, other)
    }
    assert set(EXCEPTIONS) - used == set()


def test_no_module_is_loose_at_the_top() -> None:
    assert sorted(file.name for file in PACKAGE.glob("*.py")) == ["__init__.py", "__main__.py"]


def test_the_house_has_few_rooms_and_each_is_on_a_floor() -> None:
    rooms = {module.room for module in modules().values()} - {"", "__main__", "sandbox"}
    drawn = {room for floor in (*FLOORS, *SANDBOX_FLOORS) for room in floor}
    assert rooms == drawn
    assert len(rooms) <= MOST_ROOMS


@pytest.mark.parametrize("room", [room for floor in (*FLOORS, *SANDBOX_FLOORS) for room in floor])
def test_a_room_has_no_circle_inside(room: str) -> None:
    inside = {name: module for name, module in modules().items() if module.room == room}
    graph = {name: _neighbours(module, inside) for name, module in inside.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        pytest.fail(" → ".join(problem.args[1]))


def _neighbours(module: Module, inside: Mapping[str, Module]) -> list[str]:
    return [other for other in module.ours if other in inside and other != module.name]


def test_no_stage_names_a_kind() -> None:
    # A workspace is what all others are in, and has to be found before them.
    names = {kind.name for kind in all_kinds()} - {"workspace"}
    stages = ("live", "plan", "apply", "jobs", "export", "project", "operations")
    found = [(m.name, text) for m in modules().values() if m.room in stages for text in _texts(m)]
    # The template's `uses` follows this field of a connection.
    assert {each for each in found if each[1] in names} <= {("export.factor", "source")}


def _texts(module: Module) -> set[str]:
    constants = (node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_no_command_knows_another() -> None:
    commands = [m for m in modules().values() if m.name.startswith("cli.commands.")]
    assert commands
    assert [m.name for m in commands if any(o.startswith("cli.commands.") for o in m.ours)] == []


@pytest.mark.parametrize(("library", "homes"), LIBRARY_HOMES.items())
def test_a_library_is_imported_in_its_one_place(library: str, homes: Sequence[str]) -> None:
    users = [m.name for m in modules().values() if any(_is_of(o, library) for o in m.others)]
    assert users, f"nobody imports {library}"
    assert [user for user in users if not any(_is_of(user, home) for home in homes)] == []


def _is_of(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("name", ["print", "exit", "input"])
def test_only_the_edges_print_ask_or_exit(name: str) -> None:
    inner = [m for m in modules().values() if m.room != "cli" and not m.room.startswith("sandbox")]
    assert [module.name for module in inner if name in _called(module.tree)] == []


def _called(tree: ast.Module) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}
