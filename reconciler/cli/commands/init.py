"""`reconciler init`: a project to start from, and the CI that runs it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

import click

from reconciler.cli.options.settings import Settings, global_options
from reconciler.problems.errors import UsageError
from reconciler.project.project import FILE

_SCAFFOLD = resources.files("reconciler") / "data" / "scaffold"

# Where each scaffold's files go; names that tools would act on here are told otherwise there.
_PLACES = {
    "project/reconciler.yaml": "reconciler.yaml",
    "project/tenants/example.yaml": "tenants/example.yaml",
    "project/gitignore": ".gitignore",
    "github/reconciler.yml": ".github/workflows/reconciler.yml",
    "gitlab/.gitlab-ci.yml": ".gitlab-ci.yml",
}


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(file_okay=False))
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab"]),
    help="Also the workflow that reviews pull requests and applies what is merged.",
)
@global_options
def init(settings: Settings, folder: str, ci: str | None) -> None:
    """Start a project: a project file, a tenant that works on the sandbox, a CI workflow.

    Files that are there already are left as they are. Where a project is there already, --ci adds
    its workflow and nothing else.

    \b
    Examples:
      reconciler init airbyte && cd airbyte && reconciler apply
      reconciler init --ci github
    """
    root = FilePath(folder)
    written = [name for part in _parts(root, ci) for name in _write(root, part)]
    for name in written:
        settings.tell(f"wrote {root / name}")
    if not written:
        settings.result("Nothing to do: every file is there already.")
        return
    inside = "" if folder == "." else f"cd {folder} && "
    settings.result(f"Next: {inside}reconciler plan")


def _parts(root: FilePath, ci: str | None) -> tuple[str, ...]:
    """What to write: an example among the tenants of a project would be created in its Airbyte."""
    if ci is None:
        return ("project",)
    return (ci,) if (root / FILE).exists() else ("project", ci)


def _write(root: FilePath, part: str) -> Iterator[str]:
    """Writes the files of one scaffold that are not there yet; yields their names."""
    for source, place in _PLACES.items():
        if source.partition("/")[0] != part:
            continue
        if _put(root / place, _SCAFFOLD.joinpath(*source.split("/"))):
            yield place


def _put(file: FilePath, source: Traversable) -> bool:
    text = source.read_text(encoding="utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        return False
    except OSError as problem:
        raise UsageError(f"{file} cannot be written: {problem.strerror}") from problem
    return True
