"""Error answers as the server words them. Source: Airbyte's api-problems and its error handlers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

_BASE = "https://reference.airbyte.com/reference/errors"


class Refusal(Exception):
    """An error answer: an HTTP status and a JSON body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def bad_request(message: str) -> Refusal:
    """400 for streams, schedules and other things that the handlers check."""
    detail = "The request could not be understood by the server due to malformed syntax."
    return _problem(400, f"{_BASE}#bad-request", "bad-request", detail, {"message": message})


def value_not_found(value: str) -> Refusal:
    """400 for a connector name that the server's table has not."""
    detail = "The submitted value could not be found."
    return _problem(400, _BASE, "value-not-found", detail, {"value": value})


def invalid_cron(kind: str, title: str, expression: str, message: str) -> Refusal:
    """400 of the second, stricter look at a cron expression."""
    data = {"cronExpression": expression, "validationErrorMessage": message}
    return named(400, f"cron-validation/{kind}", title, data)


def missing_webhook_url(notification: str) -> Refusal:
    """400 for a webhook that is switched on without an address."""
    message = f"The '{notification}' notification is enabled but is missing a URL."
    return named(
        400, "notification/config/missing-url", "Missing notification URL", {"message": message}
    )


def forbidden(message: str | None = None) -> Refusal:
    """403: a role is missing, or, for ordinary callers, the id does not exist."""
    data = {"message": message} if message else None
    return _problem(403, f"{_BASE}#forbidden", "forbidden", "The request is forbidden.", data)


def not_entitled() -> Refusal:
    """403: what was asked needs a licence that the installation has not."""
    title = "License Entitlement Error"
    return _problem(403, "error:license/entitlement", title, title, None)


def not_found(resource_type: str, resource_id: str) -> Refusal:
    """404 for an id that resolves to nothing."""
    detail = "The requested resource could not be found."
    data = {"resourceType": resource_type, "resourceId": resource_id}
    return _problem(404, f"{_BASE}#resource-not-found", "resource-not-found", detail, data)


def state_conflict(message: str = "Could not fulfill request") -> Refusal:
    """409 for any illegal state; most of what the server knows of it is replaced by that text."""
    data = {"message": message}
    return _problem(409, f"{_BASE}#409-state-conflict", "state-conflict", "State conflict", data)


def try_again(message: str) -> Refusal:
    """409 for what will go once something else has ended."""
    detail = "Please try again later."
    return _problem(
        409, f"{_BASE}#try-again-later", "try-again-later", detail, {"message": message}
    )


def named(status: int, type_: str, title: str, data: Mapping[str, Any] | None) -> Refusal:
    """A problem of one of the newer types, which are named after what they are about."""
    return _problem(status, f"error:{type_}", title, title, data)


def not_implemented() -> Refusal:
    """501 for what only Cloud has."""
    return named(501, "implementation/not-implemented-in-oss", "Not implemented in OSS", None)


def legacy(status: int, message: str) -> Refusal:
    """The older shape of errors that are thrown outside of the public API's handlers."""
    return Refusal(status, {"message": message, "errorId": str(uuid.uuid4())})


def locked(connection_id: str, reason: str | None) -> Refusal:
    """409 for a write on a connection that the platform has locked."""
    data = {"connectionId": connection_id, "statusReason": reason}
    return named(409, "connection/locked", "Connection is locked", data)


def unprocessable(message: str | None = None) -> Refusal:
    """422 for a configuration that its connector's schema refuses."""
    detail = "The body of the request was not understood"
    data = {"message": message} if message else None
    return _problem(422, f"{_BASE}#unprocessable-entity", "unprocessable-entity", detail, data)


def unexpected(message: str | None = None) -> Refusal:
    """500 for everything that the server has no better answer to, some user errors among it."""
    detail = (
        "An unexpected problem has occurred. If this is an error that needs to be addressed, "
        "please submit a pull request or github issue."
    )
    return _problem(
        500, _BASE, "unexpected-problem", detail, {"message": message} if message else None
    )


def error_id(status: int) -> Refusal:
    """The bare answer of an uncaught exception or a violated range: nothing but a number."""
    return Refusal(status, {"errorId": str(uuid.uuid4())})


def framework(status: int, message: str, path: str) -> Refusal:
    """The web framework's own shape: 400 of the parser, 401, unknown routes, wrong methods."""
    inner = {"message": message, "_links": {}, "_embedded": {}}
    return Refusal(
        status,
        {
            "message": message,
            "_links": {"self": {"href": path, "templated": False}},
            "_embedded": {"errors": [inner]},
        },
    )


def _problem(
    status: int, type_: str, title: str, detail: str, data: Mapping[str, Any] | None
) -> Refusal:
    return Refusal(
        status,
        {
            "status": status,
            "type": type_,
            "title": title,
            "detail": detail,
            "documentationUrl": None,
            "data": data,
        },
    )
