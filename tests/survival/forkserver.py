"""Starts the tool by forking an interpreter that has everything imported: quick to start and kill.

Speaks JSON lines: a command in, the child's pid out, and its exit code when it has ended.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Serves until stdin ends."""
    # Everything the tool imports lazily, once.
    import reconciler.cli.apply
    import reconciler.cli.plan
    import reconciler.pipeline
    import reconciler.render.problems  # noqa: F401
    from reconciler import cli

    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(wanted, cli.main)
        _say({"pid": pid})
        _, status = os.waitpid(pid, 0)
        _say({"code": os.waitstatus_to_exitcode(status)})


def _say(words: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _become(wanted: dict[str, Any], main: Callable[..., object]) -> None:
    os.setsid()
    os.chdir(str(wanted["cwd"]))
    os.environ.update(wanted["env"])
    out = os.open(str(wanted["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        main(list(wanted["arguments"]), standalone_mode=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
