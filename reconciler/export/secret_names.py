"""Names for the secrets that the API hides: who has it, and in which field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.model import Json, Path, PathStep, ResourceKey
from reconciler.model.paths import map_leaves

_EXPRESSION = re.compile(r"\$\{\{ secrets\.(?P<name>[A-Z0-9_]+) \}\}\Z")


class SecretNames:
    """Gives every secret a name of its own, over all tenants of one export.

    `needed` are the names with the place of each, in the order in which they were given.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[ResourceKey, Path]] = {}

    @property
    def needed(self) -> Mapping[str, str]:
        return {n: f"{key} {'.'.join(map(str, at))}" for n, (key, at) in self._places.items()}

    def name(self, key: ResourceKey, at: Path) -> str:
        """The name of the secret at *at* of the block of *key*."""
        place = (key, at)
        name = next(n for n in _choices(key, at) if self._places.get(n, place) == place)
        self._places[name] = place
        return name

    def expression(self, key: ResourceKey, at: Path) -> str:
        """What the manifest has in the place of the secret."""
        return f"${{{{ secrets.{self.name(key, at)} }}}}"


def own_secrets(value: Json, tenant: str) -> Json:
    """*value* with `secrets[tenant].X` for the tenant's own secrets: what all tenants can share.

    It is looked up under the same name as before: both are one variable of the environment.
    """
    return map_leaves(value, lambda leaf: _own_secret(leaf, tenant))


def _own_secret(value: Json, tenant: str) -> Json:
    found = _EXPRESSION.match(value) if isinstance(value, str) else None
    head = f"{_screaming(tenant)}_"
    if found is None or not found["name"].startswith(head):
        return value
    rest = found["name"].removeprefix(head)
    return f"${{{{ secrets[tenant].{rest} }}}}" if rest[:1].isalpha() else value


def _choices(key: ResourceKey, at: Path) -> Iterator[str]:
    """Names from the shortest that people would choose to one that is surely free."""
    leaf = next((step for step in reversed(at) if isinstance(step, str)), key.kind)
    yield _screaming(key.scope, key.name, leaf)
    yield _screaming(key.scope, key.name, *at[1:])
    longest = _screaming(key.scope, key.kind, key.name, *at)
    yield longest
    number = 2
    while True:
        yield f"{longest}_{number}"
        number += 1


def _screaming(*parts: PathStep) -> str:
    text = re.sub(r"[^A-Z0-9]+", "_", "_".join(map(str, parts)).upper()).strip("_")
    return text if text[:1].isalpha() else f"_{text}"
