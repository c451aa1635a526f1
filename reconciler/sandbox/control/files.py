"""What is done to a sandbox's database while no server runs on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reconciler.sandbox.control import seeds
from reconciler.sandbox.core.call import Caller, World
from reconciler.sandbox.core.registry import Registry
from reconciler.sandbox.core.store import SandboxError, Store


def reset(database: Path) -> bool:
    """Deletes the database; whether there was one. Raises SandboxError while it is in use."""
    existed = database.exists()
    if existed:
        Store(database, migrates=False).close()
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    return existed


def seed(database: Path, registry: Path | None, lines: Iterable[seeds.Line]) -> int:
    """Fills the database; how many lines were carried out."""
    store = Store(database)
    try:
        return seeds.fill(World(store, Registry(registry), Caller.ADMIN), lines)
    finally:
        store.close()


def dump(database: Path, file: Path) -> int:
    """Writes all that the database holds to *file*; how many rows."""
    if not database.exists():
        raise SandboxError(f"there is no database {database}")
    store = Store(database)
    try:
        with file.open("w", encoding="utf-8") as out:
            count = 0
            for line in seeds.dumped_lines(store):
                out.write(line)
                count += 1
    except OSError as problem:
        raise SandboxError(f"cannot write {file}: {problem.strerror}") from problem
    finally:
        store.close()
    return count - 1
