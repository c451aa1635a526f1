"""The process around the sandbox: its socket, its database, and what survives it."""

from __future__ import annotations

import socket
from pathlib import Path

from reconciler.sandbox.server import Settings, _listen


def test_answers_do_not_wait_for_the_clients_acknowledgement(tmp_path: Path) -> None:
    # asyncio switches the delay off for sockets of this protocol only, and only the listening one
    # decides what the accepted ones are.
    with _listen(Settings(database=tmp_path / "sandbox.db")) as listening:
        assert listening.proto == socket.IPPROTO_TCP
