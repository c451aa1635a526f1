"""/_sandbox: what is asked of the sandbox itself: faults, the clock, tokens, the request log.

None of it needs a token, and none of it is logged, spoilt, or delayed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.sandbox.api import timetable
from reconciler.sandbox.control import backstage, wanted
from reconciler.sandbox.control.backstage import post
from reconciler.sandbox.control.faults import Faults, Limiter
from reconciler.sandbox.control.tokens import Tokens
from reconciler.sandbox.core.call import Call, Caller
from reconciler.sandbox.core.routing import Answer, Route

MOST_SPEED = 1_000_000  # of a clock
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
            post("/faults", self._add_fault),
            Route("DELETE", "/faults", self._clear_faults),
            post("/rate-limit", self._limit),
            Route("POST", "/expire-tokens", self._expire_tokens),
            post("/tokens", self._give_token),
            post("/clock", _advance),
            post("/behaviour", _behave),
            *backstage.ROUTES,
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
            raise wanted.wrong(str(problem)) from None
        return 204, None

    def _clear_faults(self, _call: Call) -> Answer:
        self.faults.clear()
        return 204, None

    def _limit(self, call: Call) -> Answer:
        """Answers more than so many requests a second with 429: {"perSecond": 20}."""
        wanted.only(call.body, ("perSecond", "retryAfterS"))
        retry_after_s = call.body.get("retryAfterS")
        if retry_after_s is not None:
            retry_after_s = wanted.number(retry_after_s, "retryAfterS")
        self.limiter.set(wanted.number(call.body.get("perSecond"), "perSecond"), retry_after_s)
        return 204, None

    def _expire_tokens(self, _call: Call) -> Answer:
        self.tokens.expire_all()
        return 204, None

    def _give_token(self, call: Call) -> Answer:
        """A token of another caller: {"caller": "ordinary"}."""
        return 200, self.tokens.give(
            Caller(wanted.word(call.body.get("caller"), "caller", [*Caller]))
        )


def _advance(call: Call) -> Answer:
    """Puts the clock forward, or lets it run faster: {"seconds": 60}, {"speed": 60}."""
    wanted.only(call.body, ("seconds", "speed"))
    clock = call.world.clock
    if "speed" in call.body:
        clock.hurry(wanted.number(call.body["speed"], "speed", least=1, most=MOST_SPEED))
    clock.advance(wanted.number(call.body.get("seconds", 0), "seconds"))
    return 200, {"now": clock.now()}


def _behave(call: Call) -> Answer:
    """Sets durations, outcomes and switches, by the names that `Behaviour` gives them."""
    behaviour = call.world.behaviour
    known = {one.name: getattr(behaviour, one.name) for one in fields(behaviour)}
    known = {name: value for name, value in known.items() if not isinstance(value, set | dict)}
    wanted.only(call.body, known)
    wished = {name: wanted.like(known[name], value, name) for name, value in call.body.items()}
    wanted.word(wished.get("job_outcome", "succeeded"), "job_outcome", backstage.OUTCOMES)
    for name, value in wished.items():
        setattr(behaviour, name, value)
    if behaviour.runs_schedules and not known["runs_schedules"]:
        timetable.plan_all(call.world)
    return 204, None
