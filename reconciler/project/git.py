"""The project as another revision has it: git's own commands, and nothing of the work tree changed.

What a branch changes is told against its merge base, as a pull request shows it. A checkout that is
too shallow to know the base is told so, with what to fetch.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath

from reconciler.problems.errors import UsageError

TIMEOUT_S = 120


@contextmanager
def project_at(folder: FilePath, revision: str) -> Iterator[FilePath]:
    """The project of *folder* as the merge base with *revision* had it, in a folder of its own.

    Raises UsageError outside a repository, for an unknown revision, and without a common history.
    """
    root = FilePath(_git(folder, "rev-parse", "--show-toplevel").strip())
    base = merge_base(folder, revision)
    inside = folder.resolve().relative_to(root.resolve())
    with tempfile.TemporaryDirectory(prefix="reconciler-base-") as place:
        _unpack(root, base, FilePath(place))
        project = FilePath(place) / inside
        project.mkdir(parents=True, exist_ok=True)
        yield project


def merge_base(folder: FilePath, revision: str) -> str:
    """The commit that the work tree and *revision* have last in common. Raises UsageError."""
    _git(folder, "rev-parse", "--show-toplevel")
    commit = _commit(folder, revision)
    answer = _run(folder, "merge-base", commit, "HEAD")
    if answer.returncode == 0:
        return answer.stdout.decode().strip()
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise UsageError(
            f'this checkout is too shallow to compare with "{revision}"',
            "Fetch the history: git fetch --unshallow, or fetch-depth: 0 in the checkout step.",
        )
    raise UsageError(f'"{revision}" has no history in common with what is checked out')


def head(folder: FilePath) -> str:
    """The commit that is checked out; empty outside a repository."""
    answer = _run(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    return answer.stdout.decode().strip() if answer.returncode == 0 else ""


def prefix(folder: FilePath) -> str:
    """Where *folder* is in its repository, `fleet/`; empty at its top, and outside of any."""
    try:
        answer = _run(folder, "rev-parse", "--show-prefix")
    except UsageError:
        return ""  # no git is needed to read manifests
    return os.fsdecode(answer.stdout).rstrip("\n") if answer.returncode == 0 else ""


def _commit(folder: FilePath, revision: str) -> str:
    # Behind --end-of-options, so that no revision is taken for an option.
    answer = _run(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if answer.returncode:
        raise UsageError(
            f'git knows no revision "{revision}"',
            "Name a branch, tag or commit; a branch of the remote may have to be fetched first.",
        )
    return answer.stdout.decode().strip()


def _unpack(root: FilePath, commit: str, place: FilePath) -> None:
    answer = _run(root, "archive", "--format=tar", commit)
    if answer.returncode:
        raise UsageError(f"git cannot read {commit[:12]}: {answer.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(answer.stdout)) as archive:
        archive.extractall(place, filter="data")


def _git(folder: FilePath, *arguments: str) -> str:
    answer = _run(folder, *arguments)
    if answer.returncode:
        said = answer.stderr.decode("utf-8", "replace").strip()
        if "not a git repository" in said:
            raise UsageError(
                f"{folder.resolve()} is in no git repository",
                "Run in a clone, or leave --changed-since and --base out.",
            )
        raise UsageError(f"git {arguments[0]} failed: {said}")
    return answer.stdout.decode()


def _run(folder: FilePath, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=False, timeout=TIMEOUT_S
        )
    except FileNotFoundError as problem:
        raise UsageError("git is not installed", "It is needed to compare revisions.") from problem
    except subprocess.TimeoutExpired as problem:
        raise UsageError(f"git {arguments[0]} took longer than {TIMEOUT_S} s") from problem
