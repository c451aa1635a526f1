"""The command as it was given, to give it again."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any

import click
from click.core import ParameterSource


def command_line(*, without: Collection[str] = (), called: str = "") -> str:
    """What to type for the same once more, *without* options of these names, as one line of shell.

    *called* is another command that takes what is left of them.

    Only what was on the command line: what comes from the environment is not the same elsewhere.
    """
    words: list[str] = []
    for context in _chain(click.get_current_context()):
        name = called or context.command.name or ""
        words.append("reconciler" if context.parent is None else name)
        for parameter in context.command.params:
            source = context.get_parameter_source(parameter.name or "")
            if source is ParameterSource.COMMANDLINE and parameter.name not in without:
                words += _given(parameter, context.params.get(parameter.name or ""))
    return shlex.join(words)


def _chain(context: click.Context) -> list[click.Context]:
    return [*(_chain(context.parent) if context.parent else ()), context]


def _given(parameter: click.Parameter, value: Any) -> Iterator[str]:
    """The words of one parameter."""
    values = value if parameter.multiple or parameter.nargs == -1 else (value,)
    for each in values:
        if isinstance(parameter, click.Option):
            yield max(parameter.opts, key=len)
        if not (isinstance(parameter, click.Option) and parameter.is_flag):
            yield "=".join(each) if isinstance(each, tuple) else str(each)
