"""Values that differ from tenant to tenant → the params of a template, as few as can be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import Json, Path
from reconciler.model.paths import map_leaves

RESERVED = ("tenant", "uses", "state", "reason", "labels")
CRON_SPACES = 5  # in a cron expression, of which one number may differ from tenant to tenant
SEPARATOR = ";"  # between the items of a list in a cell

_HOLE = re.compile(r"\$\{\{ (?:params\.(?P<name>[\w-]+)|(?P<tenant>tenant)) \}\}")
_MIDNIGHT = re.compile(r"(?P<core>\d{4}-\d\d-\d\d)(?P<suffix>T00:00:00(?:\.0+)?Z)\Z")
_TYPES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass
class _Param:
    """One param: its name, JSON type, and the value of each tenant that has one."""

    name: str
    type: str
    values: dict[str, Json]

    def takes(self, type_: str, values: Mapping[str, Json]) -> bool:
        """Whether it can stand for *values* too: it agrees with them wherever both have any."""
        both = [tenant for tenant in values if tenant in self.values]
        agree = all(self.values[tenant] == values[tenant] for tenant in both)
        return type_ == self.type and agree and len({str(values[t]) for t in both}) > 1


class Parameters:
    """The params of one template, collected field by field."""

    def __init__(self, tenants: Sequence[str]) -> None:
        self._tenants = tenants
        self._params: list[_Param] = []

    def expression(self, values: Mapping[str, Json], at: Path) -> str | None:
        """The text that gives each tenant its value of *values*; None when no param can."""
        if all(value == tenant for tenant, value in values.items()):
            return "${{ tenant }}"
        type_ = _type(list(values.values()))
        if type_ is None:
            return None
        cut = _cut(values) if type_ == "string" else None
        for core, before, after in filter(None, (cut, (values, "", ""))):
            for param in self._params:
                if param.takes(type_, core):
                    param.values |= core
                    return _text(param.name, before, after)
        core, before, after = cut or (values, "", "")
        param = _Param(self._free_name(at), type_, dict(core))
        self._params.append(param)
        return _text(param.name, before, after)

    def of(self, tenant: str) -> dict[str, Json]:
        """The tenant's value of every param that it has one of."""
        return {p.name: p.values[tenant] for p in self._params if tenant in p.values}

    def given(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The values without those that are the param's default."""
        defaults = {p.name: _default(p) for p in self._params}
        return {name: v for name, v in values.items() if (v,) != defaults[name]}

    def fit_cells(self, values: Mapping[str, Json]) -> bool:
        """Whether a row of a CSV file can hold the values."""
        return all(_fits_cell(value) for value in self.given(values).values())

    def schema(self) -> dict[str, Json]:
        """The JSON Schema of the params, empty when there are none."""
        properties: dict[str, Json] = {}
        required = []
        for param in self._params:
            described: dict[str, Json] = {"type": param.type}
            if param.type == "array":
                described["items"] = {"type": "string"}
            if default := _default(param):
                described["default"] = default[0]
            elif len(param.values) == len(self._tenants):
                required.append(param.name)
            if None in param.values.values():
                described["type"] = [param.type, "null"]
            properties[param.name] = described
        if not properties:
            return {}
        return {**({"required": required} if required else {}), "properties": properties}

    def _free_name(self, at: Path) -> str:
        taken = {param.name for param in self._params} | set(RESERVED)
        steps = [re.sub(r"[^A-Za-z0-9]+", "_", str(step)).strip("_") for step in at]
        last, block = steps[-1], steps[1] if len(steps) > 2 else steps[0]
        long = "_".join([block, *steps[3:]])
        choices = [last, f"{block}_{last}", long, *(f"{long}_{n}" for n in range(2, 10_000))]
        return next(name for name in map(_named, choices) if name not in taken)


def filled(value: Json, tenant: str, params: Mapping[str, Json]) -> Json:
    """*value* of a template as it is for one tenant."""
    return map_leaves(value, lambda leaf: _filled(leaf, tenant, params))


def _filled(value: Json, tenant: str, params: Mapping[str, Json]) -> Json:
    if not isinstance(value, str) or "${{ " not in value:
        return value
    whole = _HOLE.fullmatch(value)
    if whole:
        return params[whole["name"]] if whole["name"] else tenant
    return _HOLE.sub(lambda hole: str(params[hole["name"]]) if hole["name"] else tenant, value)


def _type(values: Sequence[Json]) -> str | None:
    """The one JSON type of all *values* that are not null, None when there is no such."""
    types = {type(value) for value in values if value is not None}
    if types == {list}:
        items = [item for value in values for item in value or ()]
        return "array" if all(isinstance(item, str) for item in items) else None
    return _TYPES.get(types.pop()) if len(types) == 1 else None


def _cut(values: Mapping[str, Json]) -> tuple[dict[str, Json], str, str] | None:
    """The part in which the texts differ, and what they have in common before and after it.

    Only of times at midnight and of cron expressions: elsewhere the whole is what people know.
    """
    texts = {tenant: text for tenant, text in values.items() if text is not None}
    if len(texts) < len(values):
        return None
    dates = {tenant: _MIDNIGHT.match(text) for tenant, text in texts.items()}
    if all(dates.values()):
        suffixes = {found["suffix"] for found in dates.values() if found}
        if len(suffixes) == 1:
            cores = {tenant: found["core"] for tenant, found in dates.items() if found}
            return cores, "", suffixes.pop()
    if any(text.count(" ") < CRON_SPACES for text in texts.values()):
        return None
    before = _shared_start(list(texts.values()))
    before = before[: max((i + 1 for i, c in enumerate(before) if not c.isalnum()), default=0)]
    rest = [text[len(before) :] for text in texts.values()]
    after = _shared_start([text[::-1] for text in rest])[::-1]
    starts = (i for i, c in enumerate(after) if not c.isalnum())
    after = after[next(starts, len(after)) :]
    cores = {tenant: text[len(before) : len(text) - len(after)] for tenant, text in texts.items()}
    is_number = all(core.isdigit() for core in cores.values())
    return (cores, before, after) if is_number and (before or after) else None


def _shared_start(texts: Sequence[str]) -> str:
    """The longest text that all of them begin with."""
    first, last = min(texts), max(texts)
    differing = (i for i, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1])
    return first[: next(differing, min(len(first), len(last)))]


def _text(name: str, before: str, after: str) -> str:
    return f"{before}${{{{ params.{name} }}}}{after}"


def _named(text: str) -> str:
    return text if text[:1].isalpha() or text[:1] == "_" else f"_{text}"


def _default(param: _Param) -> tuple[Json] | tuple[()]:
    """The value that most have, in a tuple; null where there are some without."""
    if None in param.values.values():
        return (None,)
    hashable = Counter(str(value) for value in param.values.values())
    text, count = hashable.most_common(1)[0]
    if 2 * count <= len(param.values):
        return ()
    return (next(value for value in param.values.values() if str(value) == text),)


def _fits_cell(value: Json) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_fits_cell(item) and SEPARATOR not in item for item in value)
    return not isinstance(value, str) or (value == value.strip() != "" and value.isprintable())
