"""/applications: the API clients of the caller, as simple authentication knows them."""

from __future__ import annotations

import uuid

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import record, text


def list_applications(call: Call) -> Answer:
    """The one client, under another id at each call. Its secret is not told here."""
    return 200, {"applications": [_synthetic(call)]}


def get_application(call: Call) -> Answer:
    return 200, {**_synthetic(call), "id": call.params["applicationId"]}


def refuse(_call: Call) -> Answer:
    """Simple authentication has one client and makes no others."""
    raise problems.not_implemented()


def _synthetic(call: Call) -> dict[str, object]:
    return {
        "id": str(uuid.uuid4()),
        "name": "Default User Application",
        "clientId": call.world.client_id,
        "clientSecret": "*" * 10,
        "createdAt": call.now_s,
    }


_ONE = "/applications/{applicationId}"
ROUTES = (
    Route("GET", "/applications", list_applications),
    Route("POST", "/applications", refuse, record({"name": text}, {})),
    Route("GET", _ONE, get_application),
    Route("DELETE", _ONE, refuse),
)
