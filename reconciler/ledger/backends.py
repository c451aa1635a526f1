"""The registry of back ends: every module of this room with a BACKEND."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath

from reconciler.ledger.protocol import Address, Backend, Store


@cache
def all_backends() -> Mapping[str, Backend]:
    """Every back end by each scheme that it serves."""
    names = sorted(each.name for each in pkgutil.iter_modules([str(FilePath(__file__).parent)]))
    modules = [importlib.import_module(f"{__package__}.{name}") for name in names]
    found = [module.BACKEND for module in modules if hasattr(module, "BACKEND")]
    return {scheme: backend for backend in found for scheme in backend.schemes}


def open_store(address: Address) -> Store:
    """The store at *address*; nothing is asked of it yet. Raises KeyError for another scheme."""
    scheme, separator, _ = address.url.partition("://")
    return all_backends()[scheme if separator else ""].open(address)
