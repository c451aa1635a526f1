"""Texts → files of a folder, without ever taking an edit away from anybody.

What was written is remembered by its digest, so that a file which is still as it was written may be
written again. A file that somebody has edited since stays, and the new text goes beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.problems.errors import UsageError

BESIDE = ".new"  # is put behind the name of a file that is not overwritten; no reader takes it


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the files: written, left as they were, or written beside an edited one."""

    written: tuple[FilePath, ...] = ()
    unchanged: tuple[FilePath, ...] = ()
    beside: tuple[FilePath, ...] = ()


def check_folder(folder: FilePath, *, force: bool) -> None:
    """Raises UsageError for a folder with files in it, unless *force*."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    if force or not folder.exists():
        return
    if any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise UsageError(
            f"there are files in {folder}",
            "Name an empty folder with --out, or use --force: files that were edited stay.",
        )


def write_files(folder: FilePath, texts: Mapping[str, str], memory: FilePath) -> Written:
    """Puts *texts* into *folder*, by file name. Raises UsageError where it cannot."""
    known = _remembered(memory)
    outcome: dict[str, list[FilePath]] = {"written": [], "unchanged": [], "beside": []}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            file = folder / name
            what, target = _decide(file, text, known.get(str(file.resolve())))
            outcome[what].append(target)
            if what != "unchanged":
                target.parent.mkdir(parents=True, exist_ok=True)
                _replace(target, text)
            if what != "beside":
                known[str(file.resolve())] = _digest(text.encode())
        memory.parent.mkdir(parents=True, exist_ok=True)
        _replace(memory, json.dumps(known, indent=0, sort_keys=True) + "\n")
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UsageError(f"{problem.filename or folder} cannot be written: {reason}") from problem
    return Written(**{what: tuple(files) for what, files in outcome.items()})


def _decide(file: FilePath, text: str, known: str | None) -> tuple[str, FilePath]:
    if not file.exists():
        return "written", file
    present = file.read_bytes()
    if present == text.encode():
        return "unchanged", file
    if known == _digest(present):
        return "written", file
    return "beside", file.with_name(file.name + BESIDE)


def _replace(file: FilePath, text: str) -> None:
    """Writes the whole file at once, so that nobody ever meets half of it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    os.replace(fresh, file)


def _remembered(memory: FilePath) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
