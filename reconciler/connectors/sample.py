"""Values that fit a connector's schema: its defaults and examples, else the simplest there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from reconciler.connectors.fast import COORDINATE
from reconciler.connectors.patterns import matches, validator_class
from reconciler.connectors.variants import constant_of, is_constant, variants
from reconciler.model import Json

Schema = Mapping[str, Json]

DATES = (
    "2024-01-31T00:00:00Z",
    "2024-01-31",
    "2024-01-31T00:00:00.000Z",
    "2024-01-31T00:00:00.000000Z",
    "2024-01-31T00:00:00",
    "2024-01-31 00:00:00",
    "2024-01",
    "01/31/2024 00:00",
    "31-01-2024",
)
_WORD = "example"
_TEXTS = ("https://example.com", "12345", "1", "a.b", "")


def text_of_form(schema: Schema) -> str | None:
    """A text that matches the schema's pattern and format; None when none comes to mind."""
    pattern = str(schema.get("pattern", ""))
    form = schema.get("format")
    # A word comes before dates: a pattern that takes anything tells nothing of a date.
    for text in (*_own(schema), _WORD, *DATES, *_TEXTS):
        if not isinstance(text, str) or not matches(pattern, text):
            continue
        if form not in ("date", "date-time") or is_dated(text, form):
            return text
    return None


def sample(schema: Schema) -> Json:
    """A value that fits *schema*, with its required fields only; None when none comes to mind."""
    if is_constant(schema):
        return constant_of(schema)
    if schema.get("enum"):
        default = schema.get("default")
        return default if default in schema["enum"] else schema["enum"][0]
    fitting = next((value for value in _own(schema) if _fits(value, schema)), None)
    if fitting is not None:
        return fitting
    match type_of_schema(schema):
        case "object":
            return sample_object(schema)
        case "array":
            return [sample(schema.get("items") or {})] * int(schema.get("minItems", 1))
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case _:
            return _text(schema)


def sample_object(schema: Schema) -> dict[str, Json]:
    """A mapping with the required fields of *schema*, or of its first variant."""
    value: dict[str, Json] = {}
    branches = variants(schema)
    for part in (schema, *([branches[0].schema] if branches else [])):
        for key in part.get("required", ()):
            value[key] = sample(part.get("properties", {}).get(key, {}))
    if branches and branches[0].field:
        value[branches[0].field] = branches[0].constant
    return value


def type_of_schema(schema: Schema) -> str:
    """The type that *schema* asks for, guessed where it states none or several."""
    types = schema.get("type")
    if isinstance(types, list):
        types = next((each for each in types if each != "null"), "null")
    if not types:
        return "object" if "properties" in schema or "oneOf" in schema else "string"
    return str(types)


def _own(schema: Schema) -> Iterator[Json]:
    """The schema's default and examples."""
    if "default" in schema:
        yield schema["default"]
    examples = schema.get("examples")
    yield from examples if isinstance(examples, list) else ()


def _fits(value: Json, schema: Schema) -> bool:
    if isinstance(value, str) and (schema.get("airbyte_secret") or value.startswith(COORDINATE)):
        return False
    form = schema.get("format")
    if form in ("date", "date-time") and not is_dated(str(value), form):
        return False
    return bool(validator_class()(schema).is_valid(value))


def is_dated(text: str, form: str) -> bool:
    """Whether *text* is of the format "date" or "date-time"."""
    try:
        (date if form == "date" else datetime).fromisoformat(text)
    except ValueError:
        return False
    return True


def _number(schema: Schema) -> int | float:
    low: int | float = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    high: int | float = schema.get("maximum", schema.get("exclusiveMaximum", low + 2) - 1)
    return max(low, min(1, high))


def _text(schema: Schema) -> str | None:
    if "pattern" in schema or "minLength" in schema:
        return text_of_form(schema)
    form = schema.get("format")
    return {"date": "2024-01-31", "date-time": "2024-01-31T00:00:00Z"}.get(str(form), _WORD)
