"""A workspace's notifications: what a create fills in, what a PATCH keeps.

Source: the platform's WorkspacesHandler and NotificationConfigurationConverter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.shapes import boolean, record, text

NAMES = (
    "failure",
    "success",
    "connectionUpdate",
    "connectionUpdateActionRequired",
    "syncDisabled",
    "syncDisabledWarning",
)
_ITEM = record(
    {},
    {
        "email": record({}, {"enabled": boolean}),
        "webhook": record({}, {"enabled": boolean, "url": text}),
    },
)
SHAPE = record({}, dict.fromkeys(NAMES, _ITEM))


def created(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """E-mail is on for all but `success`; an address is kept only with its webhook switched on."""
    return {name: _created_item(name, sent.get(name, {})) for name in NAMES}


def merged(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """*sent* over *stored*, part by part; what is absent keeps its value."""
    return {name: _merged_item(name, stored[name], sent.get(name, {})) for name in NAMES}


def _created_item(name: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    webhook = sent.get("webhook", {})
    item = {
        "email": {"enabled": sent.get("email", {}).get("enabled", name != "success")},
        "webhook": {"enabled": webhook.get("enabled", False)},
    }
    if item["webhook"]["enabled"]:
        item["webhook"]["url"] = webhook.get("url", "")
    return _checked(name, item)


def _merged_item(
    name: str, stored: Mapping[str, Any], sent: Mapping[str, Any]
) -> Mapping[str, Any]:
    item = {part: {**stored[part], **sent.get(part, {})} for part in ("email", "webhook")}
    return _checked(name, item)


def _checked(name: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    if item["webhook"]["enabled"] and not item["webhook"].get("url"):
        raise problems.missing_webhook_url(name)
    return item
