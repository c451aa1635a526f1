"""/_sandbox: what no API offers. Faults, the clock, the request log, and what a UI would do.

None of it needs a token, and none of it is logged, spoilt, or delayed.
"""

from __future__ import annotations

import json
import math
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.sandbox import propagation, states, timetable
from reconciler.sandbox.call import Call, Caller
from reconciler.sandbox.faults import Faults, Limiter
from reconciler.sandbox.problems import Refusal
from reconciler.sandbox.routing import Answer, Handler, Route
from reconciler.sandbox.shapes import anything, json_object
from reconciler.sandbox.store import Row, dumped, loaded
from reconciler.sandbox.tokens import Tokens

LOGGED = 200_000  # requests that the log remembers


@dataclass
class Control:
    """What the control endpoints change, beside the world itself."""

    tokens: Tokens
    faults: Faults
    limiter: Limiter
    log: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=LOGGED))

    def routes(self) -> tuple[Route, ...]:
        """The control endpoints, below /_sandbox."""
        return (
            Route("GET", "/requests", self._requests),
            Route("DELETE", "/requests", self._clear_requests),
            _post("/faults", self._add_fault),
            Route("DELETE", "/faults", self._clear_faults),
            _post("/rate-limit", self._limit),
            Route("POST", "/expire-tokens", self._expire_tokens),
            _post("/tokens", self._give_token),
            _post("/clock", _advance),
            _post("/behaviour", _behave),
            _post("/fail-discovery", _fail_discovery),
            _post("/fail-sync", _fail_sync),
            _post("/fail-image", _fail_image),
            _post("/hide-workspace", _hide_workspace),
            _post("/schemas/{sourceId}", _set_schema, is_object=False),
            _post("/sources/{sourceId}/schema", _change_schema),
            _post("/connections/{connectionId}", _set_connection),
            Route("GET", "/states/{connectionId}", _states),
            _post("/secrets", _put_secret),
            _post("/users", _put_user),
        )

    def _requests(self, _call: Call) -> Answer:
        return 200, {"data": list(self.log)}

    def _clear_requests(self, _call: Call) -> Answer:
        self.log.clear()
        return 204, None

    def _add_fault(self, call: Call) -> Answer:
        try:
            self.faults.add(call.body)
        except (TypeError, ValueError) as problem:
            raise Refusal(400, {"message": str(problem)}) from None
        return 204, None

    def _clear_faults(self, _call: Call) -> Answer:
        self.faults.clear()
        return 204, None

    def _limit(self, call: Call) -> Answer:
        self.limiter.set(call.body.get("perSecond", 0.0), call.body.get("retryAfterS"))
        return 204, None

    def _expire_tokens(self, _call: Call) -> Answer:
        self.tokens.expire_all()
        return 204, None

    def _give_token(self, call: Call) -> Answer:
        """A token of another caller: {"caller": "ordinary"}."""
        return 200, self.tokens.give(Caller(_field(call, "caller")))


def _advance(call: Call) -> Answer:
    """Puts the clock forward: {"seconds": 60}."""
    call.world.clock.advance(_number(call.body.get("seconds", 0), "seconds"))
    return 200, {"now": call.world.clock.now()}


def _behave(call: Call) -> Answer:
    """Sets durations, outcomes and switches, by the names that `Behaviour` gives them."""
    behaviour = call.world.behaviour
    known = {one.name: getattr(behaviour, one.name) for one in fields(behaviour)}
    ran_schedules = behaviour.runs_schedules
    for name, value in call.body.items():
        if name not in known or isinstance(known[name], set | dict):
            raise Refusal(400, {"message": f"there is no behaviour called {name}"})
        setattr(behaviour, name, _like(known[name], value, name))
    if behaviour.runs_schedules and not ran_schedules:
        timetable.plan_all(call.world)
    return 204, None


def _fail_discovery(call: Call) -> Answer:
    """Makes a source's discoveries fail with a message, or succeed again without one."""
    source_id = _field(call, "sourceId")
    call.world.behaviour.failing_sources.pop(source_id, None)
    if call.body.get("message") is not None:
        call.world.behaviour.failing_sources[source_id] = str(call.body["message"])
        # What was remembered would hide the failure.
        call.store.execute("DELETE FROM discovery WHERE source_id = ?", source_id)
    return 204, None


def _fail_sync(call: Call) -> Answer:
    """Makes the next syncs of a connection fail: {"connectionId": …, "count": 1}."""
    connections = call.world.behaviour.failing_connections
    count = int(_number(call.body.get("count", 1), "count"))
    connections[_field(call, "connectionId")] = count
    return 204, None


def _fail_image(call: Call) -> Answer:
    """Makes an image impossible to pull: {"image": "acme/source-x"} or with its tag."""
    call.world.behaviour.failing_images.add(_field(call, "image"))
    return 204, None


def _hide_workspace(call: Call) -> Answer:
    """Takes ordinary callers' roles in a workspace away."""
    call.world.behaviour.hidden_workspaces.add(_field(call, "workspaceId"))
    return 204, None


def _set_schema(call: Call) -> Answer:
    """Changes what the source itself has; seen by the next cold discovery."""
    if not isinstance(call.sent, list):
        raise Refusal(400, {"message": "a schema is a list of streams"})
    call.store.execute(
        "INSERT OR REPLACE INTO source_schema VALUES (?, ?)",
        call.params["sourceId"],
        dumped(call.sent),
    )
    return 204, None


def _change_schema(call: Call) -> Answer:
    """Changes a source as its owner would; its connections follow at their next sync.

    {"columns": {"orders": ["vip"]}, "goneColumns": {…}, "streams": [a stream], "gone": ["users"]}
    """
    id_ = call.params["sourceId"]
    query = "SELECT * FROM actor WHERE id = ? AND role = 'source'"
    if (source := call.store.one(query, id_)) is None:
        raise Refusal(404, {"message": f"there is no source {id_}"})
    rows = loaded(propagation.current(call.world, source))
    gone = _names(call.body.get("gone", []), "gone")
    kept = [_edited(row, call.body) for row in rows if row["name"] not in gone]
    new = call.body.get("streams", [])
    if not (isinstance(new, list) and all(map(_is_stream, new))):
        raise Refusal(400, {"message": "streams is no list of streams"})
    propagation.change(call.world, source, [*kept, *new])
    return 200, {"streams": [row["name"] for row in [*kept, *new]]}


def _edited(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stream with new columns at its end and without those that are gone."""
    new, gone = (
        _names(_object(wanted.get(part, {}), part).get(row["name"], []), part)
        for part in ("columns", "goneColumns")
    )
    before = row["jsonSchema"].get("properties", {})
    kept = {name: node for name, node in before.items() if name not in gone}
    properties = {**kept, **{name: {"type": "string"} for name in new}}
    return {**row, "jsonSchema": {**row["jsonSchema"], "properties": properties}}


def _is_stream(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("jsonSchema"), dict)
    )


def _names(value: Any, name: str) -> list[str]:
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise Refusal(400, {"message": f"{name} is no list of names"})
    return value


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(400, {"message": f"{name} is no object"})
    return value


def _like(known: Any, value: Any, name: str) -> Any:
    """*value* if it is of the type of what is *known*; a whole number may stand for any number."""
    if isinstance(known, bool | str):
        if type(value) is not type(known):
            raise Refusal(400, {"message": f"{name} is a {type(known).__name__}"})
        return value
    return type(known)(_number(value, name))


def _number(value: Any, name: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value)):
        raise Refusal(400, {"message": f"{name} is a number"})
    return float(value)


def _set_connection(call: Call) -> Answer:
    """What the platform or its UI does to a connection: status, statusReason, schedule, streams."""
    id_ = call.params["connectionId"]
    row: Row | None = call.store.one("SELECT * FROM connection WHERE id = ?", id_)
    if row is None:
        raise Refusal(404, {"message": f"there is no connection {id_}"})
    stored = loaded(row["fields"])
    stored.update({k: v for k, v in call.body.items() if k not in ("status", "statusReason")})
    changes = {
        "status": call.body.get("status", row["status"]),
        "status_reason": call.body.get("statusReason", row["status_reason"]),
        "fields": dumped(stored),
    }
    with call.store.transaction():
        call.store.update("connection", id_, changes)
        timetable.plan(call.world, id_)
    return 204, None


def _states(call: Call) -> Answer:
    """Which streams of a connection have state."""
    return 200, {"data": states.read(call.world, call.params["connectionId"])}


def _put_secret(call: Call) -> Answer:
    """Leaves fields behind a secret id, as a consent flow does."""
    coordinate = f"airbyte_oauth_secret_{uuid.uuid4()}_v1"
    call.store.put_secret(coordinate, json.dumps(call.body))
    return 200, {"secretId": coordinate}


def _put_user(call: Call) -> Answer:
    """Makes a user of the organization: {"name": …, "email": …}."""
    id_ = str(uuid.uuid4())
    call.store.execute(
        "INSERT INTO person VALUES (?, ?, ?)", id_, _field(call, "name"), _field(call, "email")
    )
    return 200, {"id": id_}


def _field(call: Call, name: str) -> str:
    value = call.body.get(name)
    if not isinstance(value, str):
        raise Refusal(400, {"message": f"{name} is missing"})
    return value


def _post(template: str, handler: Handler, *, is_object: bool = True) -> Route:
    return Route("POST", template, handler, json_object if is_object else anything)
