"""Options that belong together, handed to a command as the one value that they make."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Option = Callable[[Any], Any]  # what click.option and click.argument return


def taken_as(name: str, make: Callable[..., object], *options: Option) -> Callable[[F], F]:
    """Adds *options* to a command, which gets what *make* makes of them, as *name*.

    *make* takes every option under the name of its parameter. Help shows them in this order.
    """
    parameters = tuple(inspect.signature(make).parameters)

    def add(function: F) -> F:
        @functools.wraps(function)
        def wrapped(*arguments: Any, **values: Any) -> Any:
            own = {parameter: values.pop(parameter) for parameter in parameters}
            return function(*arguments, **{name: make(**own)}, **values)

        decorated: Any = wrapped
        for option in reversed(options):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return add
