"""What every kind of the registry must hold, whichever capabilities it has."""

from __future__ import annotations

import pytest

from reconciler.kinds import all_kinds
from reconciler.kinds.contract.kind import Kind
from reconciler.manifest.schema import own_schema, properties

every_kind = pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)


def test_every_kind_comes_after_those_that_it_refers_to() -> None:
    known: set[str] = set()
    for kind in all_kinds():
        assert {reference.kind for reference in kind.references.values()} <= known
        known.add(kind.name)


@every_kind
def test_a_kind_has_a_schema_and_a_place_in_a_manifest(kind: Kind) -> None:
    fields = own_schema(kind.name).get("properties", {})
    assert {kind.section, kind.blocks.single_section} - {""} <= set(properties("tenant"))
    assert {r.written_as for r in kind.references.values()} - {""} <= fields.keys()


@every_kind
def test_what_a_kind_may_lose_by_a_replacement_is_said(kind: Kind) -> None:
    assert bool(kind.replacing.immutable) == bool(kind.replacing.loses)


@every_kind
def test_a_kind_is_exported_by_references_that_it_has(kind: Kind) -> None:
    assert {kind.exporting.named_after} - {""} <= kind.references.keys()


@every_kind
def test_a_kind_that_nothing_reads_is_referred_to_by_none(kind: Kind) -> None:
    users = [k.name for k in all_kinds() if kind.name in {r.kind for r in k.references.values()}]
    assert not (kind.put and users)
