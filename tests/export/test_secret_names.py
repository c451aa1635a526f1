"""Names for the secrets of an export: one for each secret, whatever signs are in its path."""

from __future__ import annotations

from reconciler.export.secret_names import SecretNames
from reconciler.model import Path, ResourceKey

SHOP = ResourceKey("source", "acme", "shop")


def test_secrets_at_paths_whose_texts_are_alike_have_two_names() -> None:
    names = SecretNames()
    paths: list[Path] = [("configuration", "a.b", "key"), ("configuration", "a", "b", "key")]
    found = {names.expression(SHOP, path) for path in paths}
    assert len(found) == 2
    assert found == {names.expression(SHOP, path) for path in reversed(paths)}
    assert len(names.needed) == 2
