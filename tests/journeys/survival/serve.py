"""A sandbox as a process: it says when it is up, then it serves until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.sandbox.server.serving import Sandbox, Settings, serve


def _announce(sandbox: Sandbox) -> None:
    sys.stdout.write(sandbox.url + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(Settings(database=Path(sys.argv[1]), port=int(sys.argv[2])), _announce)
