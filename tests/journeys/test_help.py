"""`--help` of every command: a first sentence, and examples that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from reconciler.cli import main
from reconciler.operations.exit_codes import ExitCode
from tests.support import ROOT

ENDS = {"|", "&&", ";", ">", ">>", "2>"}


def commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its path, the program itself included."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


COMMANDS = dict(commands())


def examples(command: click.Command) -> list[str]:
    """The lines of the section "Examples" of its help."""
    _, found, section = (command.help or "").partition("Examples:\n")
    assert found, "the help has no section `Examples:`"
    return [line.strip() for line in section.partition("\n\n")[0].splitlines()]


def invocations(line: str) -> Iterator[list[str]]:
    """The arguments of every call of our program in a line for a shell."""
    words: list[str] | None = None
    for word in [*shlex.split(line), ";"]:
        if word in ENDS:
            if words is not None:
                yield words
            words = None
        elif words is not None:
            words.append(word)
        elif word == "reconciler":
            words = []


def parse(command: click.Command, arguments: Sequence[str], parent: click.Context | None) -> None:
    """Parses as the program would, and runs nothing. Raises click.UsageError."""
    name = parent.info_name if parent else "reconciler"
    context = command.make_context(name, list(arguments), parent=parent)
    if isinstance(command, click.Group):
        _, below, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert below is not None
        parse(below, rest, context)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "reconciler")
def test_the_examples_are_taken_by_the_command_line(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = COMMANDS[path]
    text = (command.help or "").strip()
    assert re.match(r"[A-Z][^\n]*\.$", text.partition("\n")[0]), text
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dump.json").touch()  # an argument that has to be there
    called: set[tuple[str, ...]] = set()
    for line in examples(command):
        assert len(line) <= 100
        for arguments in invocations(line):
            if "--help" in arguments:
                continue
            parse(main, arguments, None)
            called.add(tuple(a for a in arguments if a in path))
    assert path in called or not path, "an example of the command itself"


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "reconciler")
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_help_of_the_program_names_every_exit_code() -> None:
    text = main.help or ""
    assert all(re.search(rf"\b{code.value} \w", text) for code in ExitCode)


def test_every_command_is_in_the_table_of_the_readme() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The commands")[2]
    for path in COMMANDS:
        if len(path) == 1:
            assert re.search(rf"^\|.*`{path[0]}[ `]", table, re.MULTILINE), path
