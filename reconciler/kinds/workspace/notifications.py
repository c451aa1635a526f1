"""What Airbyte tells of a workspace, by e-mail and webhook: what reads and writes differ in.

Source: the platform's WorkspacesHandler. A create keeps the address of a webhook only when it is
switched on, a PATCH always. Addresses come back in clear, and whoever knows that of a chat can
write there, so they are secrets here: compared, and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from reconciler.kinds.contract.configuration import for_create
from reconciler.kinds.contract.exporting import Found, Remark, written
from reconciler.kinds.contract.masks import mask_at
from reconciler.kinds.contract.terms import Becomes
from reconciler.model import MISSING, Json, Path, Secret, Spec
from reconciler.model.paths import value_at
from reconciler.problems.problem import Problem

FIELD = "notifications"
URL = "url"

NAMES = (
    "failure",
    "success",
    "connectionUpdate",
    "connectionUpdateActionRequired",
    "syncDisabled",
    "syncDisabledWarning",
)
_OFF_AT_FIRST = ("success",)  # what a new workspace sends no e-mail about


def defaults(name: str) -> Mapping[str, Json]:
    """What a new workspace has for the notification of that name."""
    return {"email": {"enabled": name not in _OFF_AT_FIRST}, "webhook": {"enabled": False}}


def hidden(notifications: Spec) -> Spec:
    """*notifications* with every address of a webhook as a Secret."""
    return {name: _item(item) for name, item in notifications.items()}


def _item(item: Mapping[str, Json]) -> Json:
    webhook = item.get("webhook")
    if not isinstance(webhook, Mapping) or not isinstance(webhook.get(URL), str):
        return item
    return {**item, "webhook": {**webhook, URL: Secret((webhook[URL],))}}


def find_masks(notifications: Spec) -> Iterator[Problem]:
    """The addresses that are none but what Airbyte shows for a secret."""
    for name, item in notifications.items():
        webhook = item.get("webhook") if isinstance(item, Mapping) else None
        if isinstance(webhook, Mapping):
            yield from mask_at((FIELD, name, "webhook", URL), webhook.get(URL))


def against(desired: Spec, live: Spec) -> Spec:
    """*desired* without the addresses of webhooks that are off, where Airbyte has none of them."""
    return {name: _settled(item, live.get(name) or {}) for name, item in desired.items()}


def _settled(desired: Mapping[str, Json], live: Mapping[str, Json]) -> Json:
    webhook, there = desired.get("webhook") or {}, live.get("webhook") or {}
    is_off = not webhook.get("enabled", there.get("enabled"))
    if URL not in webhook or URL in there or not is_off:
        return desired
    return {**desired, "webhook": {k: v for k, v in webhook.items() if k != URL}}


def becomes(path: Path) -> Becomes | None:
    """What a new workspace has at *path*; None for what cannot be taken away again."""
    value = value_at({name: defaults(name) for name in NAMES}, path)
    return None if value is MISSING else Becomes(value)


def to_send(
    desired: Spec, live: Spec, changed: Collection[Path], resolve: Callable[[Secret], str]
) -> Mapping[str, Json]:
    """The parts that hold a change, whole: of a part that is sent, what is left out may be lost.

    *live* is as read; *changed* are paths below the field. A secret that did not change is sent as
    it was read.
    """
    sent: dict[str, dict[str, Json]] = {}
    for name, item in desired.items():
        for part, fields in item.items():
            at = (name, part)
            touched = [path for path in changed if path[:2] == at[: len(path)]]
            if touched:
                there = (live.get(name) or {}).get(part) or {}
                new = {field for path in touched for field in path[2:3] or fields}
                own = {f: v for f, v in fields.items() if f in new or not isinstance(v, Secret)}
                sent.setdefault(name, {})[part] = {**there, **for_create(own, resolve)}
    return sent


def to_manifest(found: Found, remarks: list[Remark]) -> Json:
    """What is not as a new workspace has it; MISSING when nothing is."""
    live: Spec = found.spec.get(FIELD) or {}
    told = live if found.is_full else {name: _told(name, item) for name, item in live.items()}
    some = {name: item for name, item in told.items() if item}
    return written(some, found, (FIELD,), remarks) if some else MISSING


def _told(name: str, item: Mapping[str, Json]) -> Mapping[str, Json]:
    # The address of a webhook that is off does nothing, and would be one more secret to provide.
    usual = {**defaults(name), **({"webhook": item.get("webhook")} if _is_off(item) else {})}
    return {part: value for part, value in item.items() if value != usual.get(part)}


def _is_off(item: Mapping[str, Json]) -> bool:
    return not (item.get("webhook") or {}).get("enabled")
