"""The program on a terminal: what a person sees of it, types into it, and how it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import ROOT, Project

_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_PATIENCE_S = 60


class Terminal:
    """A program whose stdin, stdout and stderr are one terminal."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self._process = process
        self._end = end
        self._raw = ""

    @property
    def text(self) -> str:
        """Everything that was shown until now, without escape codes."""
        return _CODES.sub("", self._raw).replace("\r\n", "\n")

    def waits_for(self, text: str) -> None:
        """Reads until *text* has been shown; fails with all that was when it never is."""
        deadline = time.monotonic() + _PATIENCE_S
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            assert self._read(), self.text

    def reads(self) -> None:
        """Takes in what is shown next."""
        assert self._read(), self.text

    def types(self, text: str) -> None:
        os.write(self._end, text.encode())

    def interrupts(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """The exit code, once all that was shown has been read."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE_S)

    def _read(self) -> bool:
        """Takes what is there; False when nobody will show anything any more."""
        if not select.select([self._end], [], [], _PATIENCE_S)[0]:
            return False
        try:
            shown = os.read(self._end, 65_536)
        except OSError as problem:
            if problem.errno == errno.EIO:  # how Linux says that the other end is closed
                return False
            raise
        self._raw += shown.decode(errors="replace")
        return bool(shown)


@contextmanager
def on_terminal(project: Project, *arguments: str, columns: int = 80) -> Iterator[Terminal]:
    """Starts the program in the project's folder, on a terminal of that many columns."""
    end, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environ = {**os.environ, **project.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    environ.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=project.folder,
        env=environ,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    try:
        yield Terminal(process, end)
    finally:
        process.kill()
        process.wait()
        os.close(end)
