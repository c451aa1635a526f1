"""Connections: what syncs, which streams of it, how and when."""

from reconciler.kinds.connection.connection import KIND as KIND
