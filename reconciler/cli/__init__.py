"""The command line: global options, lazily loaded commands, errors as messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.options.settings import Settings, global_options
from reconciler.operations.exit_codes import ExitCode
from reconciler.problems.errors import ManifestError, PlanFileRefused, ReconcilerError, UsageError

_COMMANDS = {
    "init": "Start a project: files that work on the sandbox, and CI.",
    "validate": "Check manifests without any network.",
    "render": "Show the manifests after templates and defaults.",
    "plan": "Show what would change in Airbyte, changing nothing.",
    "comment": "Post a plan as a comment on a pull request.",
    "apply": "Bring Airbyte to what the manifests say.",
    "sync": "Start jobs of connections, and wait for them.",
    "status": "Show the last job of each connection, worst first.",
    "export": "Write live workspaces as manifests.",
    "report": "Put the reports of many jobs together.",
    "history": "Show who applied what, when, and how it went.",
    "adopt": "Settle which live object a key means.",
    "connectors": "The connectors that manifests can name.",
    "completion": "Make the shell complete commands and names.",
    "schema": "JSON Schemas for editors and other programs.",
    "drift": "Show what is no longer as the manifests have it.",
    "destroy": "Delete a whole tenant.",
    "sandbox": "An embedded Airbyte to try things on.",
}


COLLECTED_AFTER = 50_000  # objects more than before; Python's own 700 cost an eighth of a plan


class _Commands(click.Group):
    """A group whose commands are imported when they are used, and whose errors are messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"reconciler.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        # Nearly all that a run makes is kept to its end: looking through it often finds nothing.
        gc.set_threshold(COLLECTED_AFTER)
        try:
            return super().invoke(ctx)
        except ReconcilerError as problem:
            _show(problem, ctx)
            ctx.exit(ExitCode.REFUSED if isinstance(problem, PlanFileRefused) else ExitCode.FAILED)
        except BrokenPipeError:
            raise  # whoever read our output has seen enough; click ends quietly
        except OSError as problem:
            _show(_unusable(problem), ctx)
            ctx.exit(ExitCode.FAILED)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(ExitCode.INTERRUPTED)


def _unusable(problem: OSError) -> UsageError:
    """What to tell of a file, a folder or an output that the machine does not let us use."""
    reason = problem.strerror or str(problem)
    if problem.filename is not None:
        return UsageError(f'"{problem.filename}" cannot be used: {reason}')
    # What is still in the buffer would fail once more at the end, with a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UsageError(f"the output cannot be written: {reason}")


def _show(problem: ReconcilerError, ctx: click.Context) -> None:
    from reconciler.problems.explain import explain
    from reconciler.render.parts.problems import render_problems

    settings = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    problems = problem.problems if isinstance(problem, ManifestError) else (explain(problem),)
    click.echo(render_problems(problems, settings.palette(sys.stderr)), err=True, color=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reconciler")
@global_options
def main(settings: Settings) -> None:
    """Airbyte as code: manifests in, a converged Airbyte out.

    \b
    Exit codes: 0 done or nothing to do; 1 failed; 2 there are changes (plan
    --detailed-exitcode) or wrong usage; 3 refused by a safety rule; 4 partly
    applied; 5 the plan file is stale; 130 interrupted.

    \b
    Examples:
      reconciler init airbyte && cd airbyte
      reconciler validate
      reconciler --env sandbox plan
      reconciler --env sandbox apply
      reconciler COMMAND --help
    """
