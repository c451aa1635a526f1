"""The official SDK's typed models as a second opinion on every connector's configurations.

Both judge the same valid and spoilt configurations. Each disagreement must have one of the reasons
below, and each reason must still explain something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from reconciler.connectors import Connector
from reconciler.connectors.check import check
from reconciler.problems.rules import Severity
from tests.connectors.generate import (
    REGISTRY,
    At,
    Schema,
    changed,
    configuration,
    connectors,
    fields,
    of_wrong_type,
)

pytestmark = [
    pytest.mark.skipif(
        not REGISTRY.exists(), reason="Airbyte's registry is not here: ../shared/airbyte"
    ),
    pytest.mark.xdist_group("registry"),
]

Case = tuple[str, At, Schema, Any]

# kind of case, who refuses, the SDK's own word for it, the schema at the place → the reason.
REASONS: dict[str, Callable[[str, bool, str, Schema], bool]] = {
    "the SDK fills a default into a required field; the server does not": (
        lambda kind, ours, _, schema: kind == "missing" and ours and _has_default(schema)
    ),
    "the SDK knows no limits of numbers": lambda kind, ours, *_: kind == "range" and ours,
    "the SDK reads the format of a date and not the pattern, which asks for another form": (
        lambda kind, ours, word, _: kind == "valid" and not ours and "date" in word
    ),
    "the SDK reads a number as the seconds of a date": (
        lambda kind, ours, _, schema: kind == "type" and ours and "format" in schema
    ),
    "the SDK takes a value for another variant, whose discriminator it lets default": (
        lambda kind, ours, _, schema: kind in ("type", "choice") and ours and "format" not in schema
    ),
}


def _has_default(schema: Schema) -> bool:
    return "default" in schema or "const" in schema or len(schema.get("enum", ())) == 1


def models() -> dict[str, type[BaseModel]]:
    """The SDK's configuration models by lower-case name."""
    import airbyte_api.models as sdk

    names = {name.lower(): name for name in dir(sdk) if name.startswith(("Source", "Destination"))}
    return {lower: getattr(sdk, name) for lower, name in names.items()}


def cases(connector: Connector) -> Iterator[Case]:
    """A valid configuration, and every way to spoil it by one."""
    schema, value = connector.schema, configuration(connector)
    yield "valid", (), {}, value
    for key in schema.get("required", ()):
        inner = schema.get("properties", {}).get(key, {})
        yield "missing", (key,), inner, {k: v for k, v in value.items() if k != key}
    for at, inner in fields(schema, value):
        if "type" in inner:
            yield "type", at, inner, changed(value, at, of_wrong_type(inner))
        if "enum" in inner or "const" in inner:
            yield "choice", at, inner, changed(value, at, "no such value")
        for limit, beyond in (("minimum", -1), ("maximum", 1)):
            if limit in inner:
                yield "range", at, inner, changed(value, at, inner[limit] + beyond)


def sdk_says(model: type[BaseModel], connector: Connector, value: Any) -> str:
    """The SDK's word for what is wrong; empty when it takes the value."""
    try:
        model.model_validate({**value, f"{connector.role}Type": connector.type})
    except ValidationError as problem:
        return problem.errors()[0]["type"]
    except ValueError:  # its discriminator functions raise one of their own
        return "discriminator"
    return ""


def test_every_disagreement_with_the_sdk_has_a_reason_that_is_known() -> None:
    known = models()
    unexplained, used, judged = [], set(), 0
    for connector in connectors():
        model = known.get(f"{connector.role}{connector.type.replace('-', '')}")
        if model is None:
            continue
        for kind, at, schema, value in cases(connector):
            judged += 1
            problems = check(connector.schema, value)
            ours = any(problem.severity is Severity.ERROR for problem in problems)
            word = sdk_says(model, connector, value)
            if ours == bool(word):
                continue
            reasons = [name for name, fits in REASONS.items() if fits(kind, ours, word, schema)]
            used |= set(reasons)
            if not reasons:
                unexplained.append((connector.type, kind, at, word, problems))
    assert unexplained == [], "\n".join(map(str, unexplained[:10]))
    assert judged > 5000
    assert used == set(REASONS), "a reason explains nothing any more"
