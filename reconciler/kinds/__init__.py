"""The registry: every module or package here with a KIND, dependencies first."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter

from reconciler.kinds.contract.kind import Kind


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, each after the kinds it refers to; otherwise by name."""
    kinds = {kind.name: kind for kind in _found()}
    graph = {
        name: [reference.kind for reference in kind.references.values()]
        for name, kind in sorted(kinds.items())
    }
    return tuple(kinds[name] for name in TopologicalSorter(graph).static_order())


def get(name: str) -> Kind:
    """The kind of that name. Raises KeyError when there is none."""
    return _by_name()[name]


@cache
def needed_for_jobs() -> frozenset[str]:
    """The kinds for whose objects jobs run, and those that they refer to."""
    having = [kind for kind in all_kinds() if kind.jobs]
    referred = {reference.kind for kind in having for reference in kind.references.values()}
    return frozenset({kind.name for kind in having} | referred)


def _found() -> Iterator[Kind]:
    """The KIND of every module or package beside this file that has one."""
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        kind = getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", None)
        if isinstance(kind, Kind):
            yield kind


@cache
def _by_name() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in all_kinds()}
