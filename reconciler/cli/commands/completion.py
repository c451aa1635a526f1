"""`reconciler completion`: the script that makes a shell complete commands and names."""

from __future__ import annotations

import click

from reconciler.cli.options.settings import Settings, global_options

PROGRAM = "reconciler"
VARIABLE = "_RECONCILER_COMPLETE"  # as click derives it from the program's name


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@global_options
def completion(settings: Settings, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and names.

    Completed are also the tenants and environments of the project at hand, and the types of
    connectors. Bash has to be of version 4.4 or newer.

    \b
    Examples:
      reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
      reconciler completion zsh > "${fpath[1]}/_reconciler"
      reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    """
    from click.shell_completion import get_completion_class

    from reconciler.cli import main

    class_ = get_completion_class(shell)
    assert class_ is not None, "click knows the shells that the argument offers"
    script = class_(main, {}, PROGRAM, VARIABLE)
    settings.result(script.source_template % script.source_vars())
