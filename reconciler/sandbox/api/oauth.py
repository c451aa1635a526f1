"""OAuth-managed fields of configurations: what an override takes out of the callers' hands.

Source: the platform's OAuthConfigSupplier and MoreOAuthParameters. Where an override exists for a
connector whose `advanced_auth` predicate holds, the fields of the OAuth server's output are stored
as six asterisks, whatever was sent.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.sandbox.core.call import World
from reconciler.sandbox.core.registry import Definition

OAUTH_MASK = "*" * 6

Path = tuple[str, ...]


def masked(world: World, definition: Definition, configuration: Any, workspace_id: str) -> Any:
    """*configuration* as it is stored where an override may manage a part of it."""
    is_managed = _has_override(world, definition, workspace_id)
    if not (is_managed and _predicate_holds(definition, configuration)):
        return configuration
    result = copy.deepcopy(configuration)
    for path in server_outputs(definition):
        _put(result, path)
    return result


def server_outputs(definition: Definition) -> list[Path]:
    """The places in a configuration that the OAuth server's output goes to."""
    return list(_paths(definition, "complete_oauth_server_output_specification"))


def user_outputs(definition: Definition) -> list[Path]:
    """The places that the consent flow fills in."""
    return list(_paths(definition, "complete_oauth_output_specification"))


def missing_outputs(definition: Definition, override: Mapping[str, Any]) -> str | None:
    """The first place that an override must have and has not."""
    for path in server_outputs(definition):
        value: Any = override
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return "$." + ".".join(path)
    return None


def _paths(definition: Definition, part: str) -> Iterator[Path]:
    specification = definition.advanced_auth.get("oauth_config_specification", {})
    for node in specification.get(part, {}).get("properties", {}).values():
        if path := node.get("path_in_connector_config"):
            yield tuple(path)


def _predicate_holds(definition: Definition, configuration: Any) -> bool:
    """Whether the connector's own sign says that this configuration authenticates by OAuth."""
    if not definition.advanced_auth:
        return False
    value = configuration
    keys: Sequence[str] = definition.advanced_auth.get("predicate_key") or ()
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return not keys or value == definition.advanced_auth.get("predicate_value")


def _has_override(world: World, definition: Definition, workspace_id: str) -> bool:
    """One of the workspace, or of the organization that all workspaces are in."""
    of_workspace = (
        "SELECT 1 FROM workspace_oauth_override WHERE role = ? AND name = ? AND workspace_id = ?"
    )
    of_all = "SELECT 1 FROM oauth_override WHERE role = ? AND name = ?"
    what = (definition.role, definition.name)
    found = world.store.one(of_all, *what) or world.store.one(of_workspace, *what, workspace_id)
    return found is not None


def _put(value: Any, path: Path) -> None:
    *holders, last = path
    for key in holders:
        value = value.setdefault(key, {}) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value[last] = OAUTH_MASK
