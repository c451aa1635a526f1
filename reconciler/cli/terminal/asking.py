"""What is asked on a terminal before anything is changed."""

from __future__ import annotations

import sys

import click


def can_be_asked() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def confirm(question: str, *, expected: str, otherwise: str) -> bool:
    """Whether *expected* was typed; for anything else *otherwise* is told.

    Raises click.UsageError where nobody can be asked, KeyboardInterrupt for Ctrl-C and Ctrl-D.
    """
    if not can_be_asked():
        raise click.UsageError("Nobody can be asked without a terminal: use --auto-approve.")
    try:
        answer = click.prompt(question, err=True)
    except click.Abort:
        click.echo(err=True)
        raise KeyboardInterrupt from None
    if answer.strip() == expected:
        return True
    click.echo(otherwise, err=True)
    return False
