"""Secrets of configurations: stored apart, masked in reads, kept or replaced by writes.

Source: the platform's JsonSecretsProcessor and SecretsHelpers. A stored configuration holds
`{"_secret": coordinate}` where a secret was; every raw value that is written makes a new version.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.registry import Definition, SecretPath
from reconciler.sandbox.core.store import Store
from reconciler.sandbox.core.validation import Validator

MASK = "*" * 10
PREFIX = "secret_coordinate::"
PLACEHOLDER = "secret_placeholder"

_VERSION = re.compile(r"_v(\d+)\Z")


def masked(configuration: Any, definition: Definition) -> Any:
    """*configuration* as reads show it: the mask at every secret path that has anything."""
    return _replaced(configuration, definition.secret_paths, lambda _value: MASK)


def with_coordinates(configuration: Any, definition: Definition) -> Any:
    """*configuration* with references shown as coordinates, as self-managed does on request."""
    return _replaced(
        configuration,
        definition.secret_paths,
        lambda value: PREFIX + value["_secret"] if is_reference(value) else value,
    )


def with_placeholders(configuration: Any, definition: Definition) -> Any:
    """*configuration* as it is validated: stored secrets stand as one fixed text."""
    return _replaced(
        configuration,
        definition.secret_paths,
        lambda value: PLACEHOLDER if is_reference(value) else value,
    )


def is_reference(value: Any) -> bool:
    """Whether *value* stands for a stored secret."""
    return isinstance(value, dict) and isinstance(value.get("_secret"), str)


def stored(sent: Any, before: Any, definition: Definition, workspace_id: str, store: Store) -> Any:
    """*sent* as it is kept: each raw secret goes to the store, as a new version of the old one."""
    result = copy.deepcopy(sent)
    for path in definition.secret_paths:
        for holder, key, old in _places(result, before, path):
            holder[key] = _kept(holder[key], old, workspace_id, store)
    return result


def copied(stored_value: Any, sent: Any, schema: Mapping[str, Any]) -> Any:
    """*sent* with masks replaced by what is stored at the same path, where PUT looks for them.

    Not inside lists; inside combinations only through branches that the sent value validates
    against; a node with a combination and `properties` is followed through the combination only.
    """
    if not (isinstance(stored_value, dict) and isinstance(sent, dict)):
        return sent
    result = dict(sent)
    combination = next((c for c in ("oneOf", "anyOf", "allOf") if c in schema), None)
    if combination:
        if combination == "anyOf" and "properties" not in schema and "oneOf" not in schema:
            return result
        for branch in schema[combination]:
            if Validator(branch).fits(sent):
                result = copied(stored_value, result, branch)
        return result
    for key, node in schema.get("properties", {}).items():
        if key not in sent or key not in stored_value:
            continue
        if node.get("airbyte_secret") is True:
            if sent[key] == MASK:
                result[key] = stored_value[key]
        elif "properties" in node or "oneOf" in node:
            if not (isinstance(sent[key], dict) and isinstance(stored_value[key], dict)):
                raise problems.unexpected("Failed requirement.")
            result[key] = copied(stored_value[key], sent[key], node)
    return result


def merged(before: Any, sent: Any) -> Any:
    """*sent* over *before* as PATCH does: objects merge, the rest is replaced, nothing goes."""
    if not isinstance(before, dict) or is_reference(before):
        return sent
    if not isinstance(sent, dict):
        return before  # anything but an object sent where an object is stored is ignored
    result = dict(before)
    for key, value in sent.items():
        result[key] = merged(before[key], value) if key in before else value
    return result


def _kept(value: Any, old: Any, workspace_id: str, store: Store) -> Any:
    if is_reference(value):
        return value
    if value is None or isinstance(value, list):
        raise problems.state_conflict()
    if isinstance(value, str) and value.startswith(PREFIX):
        return {"_secret": value.removeprefix(PREFIX)}
    coordinate = _next_version(old, workspace_id)
    if is_reference(old):
        store.execute("DELETE FROM secret WHERE coordinate = ?", old["_secret"])
    store.put_secret(coordinate, value if isinstance(value, str) else json.dumps(value))
    return {"_secret": coordinate}


def _next_version(old: Any, workspace_id: str) -> str:
    if is_reference(old) and (match := _VERSION.search(old["_secret"])):
        return f"{old['_secret'][: match.start()]}_v{int(match[1]) + 1}"
    return f"airbyte_workspace_{workspace_id}_secret_{uuid.uuid4()}_v1"


def _replaced(value: Any, paths: Sequence[SecretPath], change: Callable[[Any], Any]) -> Any:
    result = copy.deepcopy(value)
    for path in paths:
        for holder, key, _ in _places(result, None, path):
            holder[key] = change(holder[key])
    return result


def _places(value: Any, beside: Any, path: SecretPath) -> list[tuple[Any, Any, Any]]:
    """(container, key, the value at the same place of *beside*) for every place that exists."""
    if not path:
        return []
    step, rest = path[0], path[1:]
    if step == "*":
        steps: list[Any] = list(range(len(value))) if isinstance(value, list) else []
    else:
        steps = [step] if isinstance(value, dict) and step in value else []
    found = []
    for key in steps:
        other = _beside(beside, key)
        found += _places(value[key], other, rest) if rest else [(value, key, other)]
    return found


def _beside(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None
