"""That the tests with the official SDK call every operation it has."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import airbyte_api

TESTS = Path(__file__).parent


def operations() -> Iterator[str]:
    """Every operation of the SDK by the name of its method; the asynchronous twins apart."""
    for module, name in airbyte_api.AirbyteAPI._sub_sdk_map.values():
        for method, function in vars(getattr(import_module(module), name)).items():
            if inspect.isfunction(function) and not method.startswith("_"):
                yield method.removesuffix("_async")


def test_every_operation_of_the_sdk_is_called() -> None:
    called = {
        node.attr
        for file in [TESTS / "sdk.py", *TESTS.glob("test_sdk_*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert sorted(set(operations()) - called) == []
