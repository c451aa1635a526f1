"""`${{ … }}` in manifest values: environment, params, the tenant's key, secrets by name.

No logic and no loops. A value that is one expression keeps the value's type; inside a longer text
it becomes text. Airbyte's own `${SOURCE_NAMESPACE}` is not touched. A secret stays a name here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.manifest.reader import plain_scalar
from reconciler.model import Json, Path, Secret, SecretName
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean, show_path

OPENING = "${{"
_EXPRESSION = re.compile(r"\$\{\{(?P<inside>.*?)\}\}", re.DOTALL)
_INSIDE = re.compile(
    r"\s*(?P<space>[A-Za-z]+)(?P<index>\[\s*tenant\s*\])?"
    r"(\.(?P<name>[A-Za-z_][A-Za-z0-9_.-]*))?\s*(\|\|\s*(?P<default>.*?)\s*)?\Z",
    re.DOTALL,
)

Holes: TypeAlias = Mapping[str | int, Json]
"""Where the expressions of a value are: None for a text that has one, else the holes inside."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What expressions may name. `secrets_allowed` is False where a secret has no business.

    `params` is None where there are none to speak of: outside templates and what uses them.
    """

    environ: Mapping[str, str]
    tenant: str | None = None
    secrets_allowed: bool = True
    params: Mapping[str, Json] | None = None

    def known(self) -> list[str]:
        """Every expression that has a meaning here, for messages."""
        known = ["env.NAME"]
        if self.secrets_allowed:
            known.append("secrets.NAME")
        if self.params is not None:
            known.append("params.NAME")
        if self.tenant is not None:
            known.append("tenant")
            known += ["secrets[tenant].NAME"] if self.secrets_allowed else []
        return known


def expand(value: Json, variables: Variables, problems: list[Problem], at: Path = ()) -> Json:
    """*value* with every expression replaced; mistakes are added to *problems*."""
    if isinstance(value, str):
        return _expand_text(value, variables, problems, at) if OPENING in value else value
    if isinstance(value, dict):
        return {k: expand(v, variables, problems, (*at, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [expand(v, variables, problems, (*at, i)) for i, v in enumerate(value)]
    return value


def find_holes(value: Json) -> Holes:
    """Where in a mapping or list the expressions are."""
    children = enumerate(value) if isinstance(value, list) else value.items()
    holes: dict[str | int, Json] = {}
    for step, child in children:
        if isinstance(child, str):
            if OPENING in child:
                holes[step] = None
        elif isinstance(child, dict | list) and (inner := find_holes(child)):
            holes[step] = inner
    return holes


def fill(
    value: Json, holes: Holes, variables: Variables, problems: list[Problem], at: Path = ()
) -> Json:
    """The same as `expand`, for a value that is filled many times: what has no hole is shared."""
    filled: Json = list(value) if isinstance(value, list) else dict(value)
    for step, inner in holes.items():
        path = (*at, step)
        filled[step] = (
            _expand_text(value[step], variables, problems, path)
            if inner is None
            else fill(value[step], inner, variables, problems, path)
        )
    return filled


def params_in(text: str) -> list[str]:
    """The names of the params that *text* uses, in order."""
    inside = (_INSIDE.match(found["inside"]) for found in _EXPRESSION.finditer(text))
    return [m["name"] for m in inside if m and m["space"] == "params" and m["name"]]


def is_one_expression(text: str) -> bool:
    """Whether *text* is nothing but one expression, so that the value keeps its type."""
    found = _EXPRESSION.match(text.strip())
    return found is not None and found.end() == len(text.strip())


def _expand_text(text: str, variables: Variables, problems: list[Problem], at: Path) -> Json:
    parts: list[Json] = []
    end = 0
    for match in _EXPRESSION.finditer(text):
        parts.append(text[end : match.start()])
        part = _evaluate(match["inside"], variables, at)
        if isinstance(part, Problem):
            problems.append(part)
            part = ""
        parts.append(part)
        end = match.end()
    if OPENING in text[end:]:
        problems.append(_malformed(at, text[end:], "It has no closing `}}`."))
    parts.append(text[end:])
    meant = [part for part in parts if part != ""]
    if len(meant) == 1:
        whole = meant[0]
        return Secret((whole,)) if isinstance(whole, SecretName) else whole
    if any(isinstance(part, SecretName | Secret) for part in meant):
        return Secret(tuple(piece for part in meant for piece in _secret_parts(part)))
    return "".join(_as_text(part) for part in meant)


def _secret_parts(part: Json) -> tuple[str | SecretName, ...]:
    if isinstance(part, Secret):  # a param whose value is one
        return part.parts
    return (part if isinstance(part, SecretName) else _as_text(part),)


def _evaluate(inside: str, variables: Variables, at: Path) -> Json | Problem:
    """The value that is meant, or the Problem that says why there is none."""
    match = _INSIDE.match(inside)
    if match is None:
        return _malformed(at, inside, "It takes a name and an optional default.")
    space, name, default = match["space"], match["name"], match["default"]
    if match["index"] and not (space == "secrets" and name and variables.tenant is not None):
        return _unknown(at, f"{space}[tenant]", variables)
    if space == "tenant" and name is None and variables.tenant is not None:
        return variables.tenant
    if space == "secrets" and name and variables.secrets_allowed:
        named = f"{variables.tenant}.{name}" if match["index"] else name
        return SecretName(named, None if default is None else _as_text(_default(default)))
    if space == "env" and name:
        return _environment(name, default, variables, at)
    if space == "params" and name and variables.params is not None:
        return _param(name, default, variables.params, at)
    return _unknown(at, f"{space}.{name}" if name else space, variables)


def _environment(name: str, default: str | None, variables: Variables, at: Path) -> Json | Problem:
    if name in variables.environ:
        return variables.environ[name]
    if default is not None:
        return _default(default)
    return Problem(
        rules.UNDEFINED_VARIABLE,
        At(at),
        f"env.{name} is not set in the environment.",
        f"Set {name}, or give a default: ${{{{ env.{name} || … }}}}",
    )


def _param(name: str, default: str | None, params: Mapping[str, Json], at: Path) -> Json | Problem:
    if name in params:
        return params[name]
    if default is not None:
        return _default(default)
    return Problem(
        rules.UNDEFINED_PARAM,
        At(at, shown=("params", name)),
        f'The template needs "{name}" for `{show_path(at)}`, and it is not given.',
        did_you_mean(name, params),
    )


def _unknown(at: Path, written: str, variables: Variables) -> Problem:
    spaces = [re.split(r"\W", name)[0] for name in variables.known()]
    return Problem(
        rules.UNKNOWN_EXPRESSION,
        At(at),
        f"`{written}` means nothing here; known are {', '.join(variables.known())}.",
        did_you_mean(written.partition(".")[0], spaces),
    )


def _malformed(at: Path, text: str, why: str) -> Problem:
    return Problem(
        rules.MALFORMED_EXPRESSION,
        At(at),
        f"`{text.strip()[:60]}` cannot be read. {why}" if text.strip() else "It is empty.",
        "Write ${{ env.NAME }}, ${{ secrets.NAME }} or ${{ tenant }}.",
    )


def _default(text: str) -> Json:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return plain_scalar(text)


def _as_text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)
