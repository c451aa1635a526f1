"""A proxy between the tool and the sandbox that can do harm at any chosen request."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it arrives, counted from 1."""

    number: int
    method: str
    path: str


class Harm:
    """What to do around requests; each hook may raise Dropped to cut the connection."""

    def arrived(self, _arrival: Arrival) -> tuple[int, dict[str, str]] | None:
        """Before the server has it; a status and headers here answer in its place."""
        return None

    def sent_on(self, _arrival: Arrival) -> None:
        """The server has the request and is at work on it."""

    def carried_out(self, _arrival: Arrival) -> None:
        """The server has answered and the tool has not got it."""

    def answered(self, _arrival: Arrival) -> None:
        """The tool has the whole answer."""


class Dropped(Exception):
    """The connection is to be cut."""


@dataclass
class Proxy:
    """A running proxy; `harm` may be exchanged between runs, and `count` starts again with it."""

    url: str
    harm: Harm
    count: int = 0
    arrivals: tuple[Arrival, ...] = ()

    def inflict(self, harm: Harm) -> None:
        """Uses *harm* from now on, and counts from 1 again."""
        self.harm, self.count, self.arrivals = harm, 0, ()


@contextmanager
def proxying(upstream: str) -> Iterator[Proxy]:
    """A proxy in front of the API at *upstream*."""
    lock = threading.Lock()
    to = urlsplit(upstream)
    base = to.path

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                proxy.count += 1
                path = self.path.partition("?")[0].removeprefix(base)
                arrival = Arrival(proxy.count, self.command, path)
                proxy.arrivals = (*proxy.arrivals, arrival)
                harm = proxy.harm
            try:
                self.pass_on(arrival, body, harm)
            except (Dropped, OSError, http.client.HTTPException):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def pass_on(self, arrival: Arrival, body: bytes, harm: Harm) -> None:
            answered = harm.arrived(arrival)
            if answered is not None:
                self.give(answered[0], answered[1], b"")
                return
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP | {"host"}}
            with closing(
                http.client.HTTPConnection(to.hostname or "", to.port, timeout=60)
            ) as onward:
                onward.request(self.command, self.path, body or None, headers)
                harm.sent_on(arrival)
                answer = onward.getresponse()
                content = answer.read()
            harm.carried_out(arrival)
            passed = {k: v for k, v in answer.getheaders() if k.lower() not in HOP}
            self.give(answer.status, passed, content)
            harm.answered(arrival)

        def give(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A tool that was killed leaves broken connections; that is the point."""

    server = Server(("127.0.0.1", 0), Handler)
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}{base}", Harm())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
