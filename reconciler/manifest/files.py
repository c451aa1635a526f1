"""Files that a manifest names, such as a connector's manifest: YAML or JSON beside it."""

from __future__ import annotations

from pathlib import Path as FilePath

from reconciler.manifest.discover import confined, shown
from reconciler.manifest.reader import read_file
from reconciler.model import Json, Origin
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem


class Files:
    """The values in such files; each is read once, however many tenants name it."""

    def __init__(self, root: FilePath) -> None:
        self._root = root
        self._known: dict[FilePath, Json] = {}

    def read(self, named_at: Origin, path: str) -> Json:
        """What is in the file that *path*, written at *named_at*, leads to from there.

        Raises ManifestError.
        """
        file = FilePath(named_at.path).parent / path
        if file in self._known:
            return self._known[file]
        confined(file, self._root)
        if not file.is_file():
            raise ManifestError(
                [
                    Problem(
                        rules.UNREADABLE_FILE,
                        named_at,
                        f"There is no file {shown(file)}.",
                        "A path is relative to the file that it is written in.",
                    )
                ]
            )
        value = read_file(file, shown(file)).value
        self._known[file] = value
        return value
