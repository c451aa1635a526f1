"""The consent flow of OAuth, which self-managed Airbyte has not."""

from __future__ import annotations

from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import record, text, uuid_text


def refuse_silently(_call: Call) -> Answer:
    """501 with an empty body."""
    return 501, None


ROUTES = (
    Route(
        "POST",
        "/sources/initiateOAuth",
        refuse_silently,
        record({"redirectUrl": text, "workspaceId": uuid_text, "sourceType": text}, {}),
    ),
    Route("GET", "/oauth/callback", refuse_silently, is_anonymous=True),
)
