"""What the bodies of requests may hold, read before any handler looks at them.

Source: the API's description and the server's JSON framework. Unknown fields are ignored, an
explicit null is as good as absent, enums are read in any case, a wrong type ends the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Reader = Callable[[Any, str], Any]
"""(value, its name) → the value as handlers see it. Raises Unfit."""

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


class Unfit(Exception):
    """A value that is not what the API's description asks for."""


def is_uuid(value: str) -> bool:
    """Whether *value* is a UUID as the API writes them."""
    return _UUID.fullmatch(value) is not None


def text(value: Any, name: str) -> str:
    return str(_of_type(value, str, name))


def boolean(value: Any, name: str) -> bool:
    return bool(_of_type(value, bool, name))


def json_object(value: Any, name: str) -> dict[str, Any]:
    """An object whose fields are nobody's business here."""
    return dict(_of_type(value, dict, name))


def anything(value: Any, name: str) -> Any:  # noqa: ARG001
    return value


def uuid_text(value: Any, name: str) -> str:
    """An id that the framework parses."""
    if not is_uuid(text(value, name)):
        raise Unfit(f"Failed to convert argument [{name}]: invalid UUID")
    return str(value).lower()


def choice(*values: str, upper: bool = False) -> Reader:
    """One of *values* in any case, as it is written among them."""
    spelt = {value.lower(): value for value in values}

    def read(value: Any, name: str) -> str:
        word = text(value, name).lower()
        if word not in spelt:
            raise Unfit(f"Failed to convert argument [{name}]: not one of {list(values)}")
        return spelt[word].upper() if upper else spelt[word]

    return read


def list_of(item: Reader) -> Reader:
    """A list, every element read by *item*; the elements that are null are left out."""

    def read(value: Any, name: str) -> list[Any]:
        elements: Sequence[Any] = _of_type(value, list, name)
        return [item(element, name) for element in elements if element is not None]

    return read


def record(required: Mapping[str, Reader], optional: Mapping[str, Reader]) -> Reader:
    """An object of known fields; the others are dropped."""
    readers = {**required, **optional}

    def read(value: Any, name: str) -> dict[str, Any]:
        fields: Mapping[str, Any] = _of_type(value, dict, name)
        for field in required:
            if fields.get(field) is None:
                raise Unfit(f"Required property '{field}' is missing")
        return {
            field: reader(fields[field], field)
            for field, reader in readers.items()
            if fields.get(field) is not None
        }

    return read


def _of_type(value: Any, type_: type, name: str) -> Any:
    if not isinstance(value, type_):
        raise Unfit(f"Failed to convert argument [{name}]")
    return value
