"""/streams, and the discovery behind it and behind connections.

Source: the platform's SchedulerHandler and StreamsController. What a source showed is remembered
for its connector's image and its configuration, versions of secrets included; anything else is
cold, and a job runs inside the request.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.sandbox.api.actors import require_actor
from reconciler.sandbox.core import catalogue, problems
from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.catalogue import Stream
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.store import Row
from reconciler.sandbox.platform import connectors, propagation, streams


class Running(Exception):
    """A discovery that takes its time: the request is to wait and to be carried out again."""

    def __init__(self, source_id: str, seconds: float) -> None:
        super().__init__(source_id)
        self.source_id = source_id
        self.seconds = seconds


def get_streams(call: Call) -> Answer:
    """What a source discovers: a bare list."""
    source = require_actor(call, "source", call.required_id("sourceId"))
    modes = None
    if (destination_id := call.one_id("destinationId")) is not None:
        destination = require_actor(call, "destination", destination_id)
        modes = connectors.of_actor(call.world, destination).sync_modes
    found = discovered(call, source, ignore_cache=call.flag("ignoreCache"))
    return 200, [streams.described(stream, modes) for stream in found]


def discovered(call: Call, source: Row, *, ignore_cache: bool = False) -> Sequence[Stream]:
    """The streams of a source, remembered or found now. Raises Running when that takes time."""
    definition = connectors.of_actor(call.world, source)
    key = (source["id"], definition.tag, catalogue.digest(source["configuration"] or ""))
    warm = call.store.one(
        "SELECT streams FROM discovery JOIN catalogue ON digest = catalogue "
        "WHERE source_id = ? AND image_tag = ? AND configuration = ?",
        *key,
    )
    done = source["id"] in call.discovered
    if warm is not None and not ignore_cache:
        return catalogue.parsed(warm["streams"])
    if not done and (seconds := call.world.behaviour.discovery_s):
        raise Running(source["id"], seconds)
    if message := call.world.behaviour.failing_sources.get(source["id"]):
        raise problems.unexpected(f"Something went wrong in the connector. logs:{message}")
    if source["configuration"] is None:
        raise problems.unexpected("Something went wrong in the connector. logs:no configuration")
    return _remembered(call, source, key)


def _remembered(call: Call, source: Row, key: tuple[str, str, str]) -> Sequence[Stream]:
    text = propagation.current(call.world, source)
    digest = catalogue.digest(text)
    with call.store.transaction():
        call.store.execute("INSERT OR IGNORE INTO catalogue VALUES (?, ?)", digest, text)
        call.store.execute("INSERT OR REPLACE INTO discovery VALUES (?, ?, ?, ?)", *key, digest)
    return catalogue.parsed(text)


ROUTES = (Route("GET", "/streams", get_streams),)
