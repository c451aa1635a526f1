"""Starts the tool by forking an interpreter that has everything imported: quick to start and kill.

Speaks JSON lines: a command in, the child's pid out, and its exit code when it has ended.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any


class Clock:
    """The system's clocks, with a jump at a chosen reading; made before any import."""

    def __init__(self) -> None:
        self._time, self._monotonic = time.time, time.monotonic
        self._jump_s = 0.0
        self._left = 0
        time.time = lambda: self._time() + self._ahead_s()
        time.monotonic = lambda: self._monotonic() + self._ahead_s()

    def jump(self, words: str) -> None:
        """Arms a jump: seconds, and how many readings before it."""
        seconds, _, calls = words.partition(" ")
        self._jump_s, self._left = float(seconds), int(calls)

    def _ahead_s(self) -> float:
        self._left -= 1
        return self._jump_s if self._left < 0 else 0.0


def main() -> None:
    """Serves until stdin ends."""
    clock = Clock()
    # Everything the tool imports lazily, once.
    import reconciler.cli.commands.apply
    import reconciler.cli.commands.plan
    import reconciler.operations.stages
    import reconciler.problems.explain  # noqa: F401
    from reconciler import cli

    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            clock.jump(wanted["env"].pop("SURVIVAL_CLOCK_JUMP", "0 0"))
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
    if limit := wanted["env"].get("SURVIVAL_FILE_LIMIT"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    code = 1
    try:
        main(list(wanted["arguments"]), standalone_mode=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
