"""A real browser for tests: headless Chromium, driven through its debugging pipe.

The DevTools protocol over two pipes needs neither a driver program nor a package: messages are
JSON texts that end with a zero byte (Chromium's documentation of --remote-debugging-pipe).
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
    "--window-size=1200,1000",
)
TIMEOUT_S = 60.0


def chromium() -> str | None:
    """The installed Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


class Browser:
    """One tab. Whatever the page throws or logs as an error fails the test that asks for it."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive = send, receive
        self._buffer = b""
        self._last_id = 0
        self._session = ""
        self.problems: list[str] = []
        self.requests: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def open(self, file: Path) -> None:
        """Loads a page from disk and waits until it has drawn itself."""
        self.problems.clear()
        self.requests.clear()
        self._call("Page.navigate", url=file.as_uri())
        while self.run("document.readyState") != "complete":
            pass  # each question waits for its answer, so this does not spin

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def type(self, selector: str, text: str) -> None:
        """Focuses a field and types into it, as a person would."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self._call("Input.insertText", text=text)
        self.settle()

    def click(self, selector: str) -> None:
        """Clicks the first element that fits, with the mouse."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + Math.min(r.width / 2, 60), r.y + r.height / 2]; })()"
        )
        for type_ in ("mousePressed", "mouseReleased"):
            self._call(
                "Input.dispatchMouseEvent",
                type=type_,
                x=box[0],
                y=box[1],
                button="left",
                clickCount=1,
            )
        self.settle()

    def settle(self) -> None:
        """Lets timers of the page run out and two frames be drawn."""
        self.run(
            "new Promise(done => setTimeout(() => requestAnimationFrame("
            "() => requestAnimationFrame(done)), 150))"
        )

    def texts(self, selector: str) -> list[str]:
        """The text of every element that fits, in order."""
        found: list[str] = self.run(
            f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)"
        )
        return found

    def count(self, selector: str) -> int:
        return len(self.texts(selector))

    def screenshot(self, file: Path) -> None:
        """Saves what the window shows."""
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def _call(self, method: str, **parameters: Any) -> Any:
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._send, data) :]
        while (answer := self._message()).get("id") != self._last_id:
            self._note(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(parameters["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(str(parameters["entry"]["text"]))
        elif event.get("method") == "Page.javascriptDialogOpening":
            self.problems.append(f"dialog: {parameters['message']}")
        elif event.get("method") == "Network.requestWillBeSent":
            self.requests.append(str(parameters["request"]["url"]))

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._receive], [], [], TIMEOUT_S)
            assert ready, "the browser does not answer"
            read = os.read(self._receive, 1 << 20)
            assert read, "the browser has ended"
            self._buffer += read
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@contextlib.contextmanager
def browsing(program: str, profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile, ended when the test is done with it."""
    its_in, send = _pipe()
    receive, its_out = _pipe()

    def connect() -> None:
        os.dup2(its_in, 3)
        os.dup2(its_out, 4)

    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        preexec_fn=connect,
        pass_fds=(3, 4),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Browser(send, receive)
    finally:
        process.kill()
        process.wait()
        for descriptor in (its_in, send, receive, its_out):
            os.close(descriptor)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are not 3 or 4, where the browser looks for its own."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
