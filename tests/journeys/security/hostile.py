"""A server that wishes no good: it answers what it is told to, on a real socket, or with TLS."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Seen:
    """One request as it came, credentials and all."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answering(BaseHTTPRequestHandler):
    """Hands each request to the server's `answer`."""

    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.command, self.path, dict(self.headers), body)
        server = self.server
        assert isinstance(server, _Server)
        server.hostile.seen.append(seen)
        try:
            server.hostile.answer(self, seen)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def give(
        self, content: bytes | Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answers with bytes, or with anything else as JSON."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


Answer = Callable[[Answering, Seen], None]


@dataclass
class Hostile:
    """A running hostile server and what it has heard."""

    url: str
    answer: Answer
    seen: list[Seen] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hostile: Hostile

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are right to."""


@contextmanager
def hostile(answer: Answer, *, certificate: Path | None = None) -> Iterator[Hostile]:
    """Serves *answer* on a free loopback port; with TLS when there is a certificate."""
    server = _Server(("127.0.0.1", 0), Answering)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    server.hostile = Hostile(f"{scheme}://127.0.0.1:{server.server_port}/v1", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.hostile
    finally:
        server.shutdown()
        server.server_close()


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key."""
    file = folder / "certificate.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-keyout", str(file), "-out", str(folder / "c.pem"), "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "c.pem").read_text())
    return file
