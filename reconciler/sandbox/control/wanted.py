"""What control endpoints are asked for, read out of their bodies: a 400 says what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.problems import Refusal

MOST = 1e12  # of any number that is asked for


def wrong(message: str) -> Refusal:
    """400 with what is wrong."""
    return Refusal(400, {"message": message})


def only(body: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuses fields that are not *known*: a misspelt wish would not be heard."""
    if unknown := sorted(set(body) - set(known)):
        raise wrong(f"there is no {', '.join(unknown)} here; there is {', '.join(known)}")


def field(call: Call, name: str) -> str:
    """A text of the body that must be there."""
    value = call.body.get(name)
    if not isinstance(value, str):
        raise wrong(f"{name} is missing")
    return value


def word(value: Any, name: str, words: Collection[str]) -> str:
    """One of *words*."""
    if not (isinstance(value, str) and value in words):
        raise wrong(f"{name} is one of {', '.join(words)}")
    return value


def number(value: Any, name: str, least: int = 0, most: float = MOST) -> float:
    """A number in a range."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and least <= value <= most):
        end = "on" if most == MOST else f"to {most:,}"
        raise wrong(f"{name} is a number from {least} {end}")
    return float(value)


def names(value: Any, name: str) -> list[str]:
    """A list of texts."""
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise wrong(f"{name} is no list of names")
    return value


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise wrong(f"{name} is no object")
    return value


def like(known: Any, value: Any, name: str) -> Any:
    """*value* if it is of the type of what is *known*; a whole number may stand for any number."""
    if isinstance(known, bool | str):
        if type(value) is not type(known):
            raise wrong(f"{name} is a {type(known).__name__}")
        return value
    return type(known)(number(value, name))
