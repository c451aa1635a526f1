"""Templates: what many tenants share, with params to fill in.

A template is a manifest with `template:` in place of `tenant:`, and may extend one other. Its text
is read and checked once; each tenant gets a copy in which only what has expressions is its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as FilePath

from reconciler.manifest.discover import confined, shown, yaml_files
from reconciler.manifest.expressions import OPENING, Variables, fill, find_holes
from reconciler.manifest.layers import Layer, merged, owner
from reconciler.manifest.params import ParamsSchema, check_schema
from reconciler.manifest.reader import Document, read_file
from reconciler.manifest.schema import check
from reconciler.model import Json, Origin, Path
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean

_HEAD = ("version", "template", "extends", "params")


@dataclass(frozen=True, slots=True)
class Part:
    """One template file: its sections as written, and where their expressions are."""

    file: FilePath
    document: Document
    sections: Mapping[str, Json]
    holes: Mapping[str, Json]

    @property
    def layer(self) -> Layer:
        return Layer(self.document, self.sections)


@dataclass(frozen=True, slots=True)
class Template:
    """A template with what it extends: `parts` are the files, the one that is extended first.

    `problems` is what is wrong with it; one that has any cannot be used.
    """

    name: str
    parts: tuple[Part, ...]
    params: ParamsSchema
    problems: tuple[Problem, ...] = ()

    @property
    def sections(self) -> Mapping[str, Json]:
        """The sections of all parts together, as written."""
        sections: Json = {}
        for part in self.parts:
            sections = merged(sections, part.sections)
        return dict(sections)

    @property
    def layers(self) -> list[Layer]:
        return [part.layer for part in self.parts]

    @property
    def files(self) -> tuple[FilePath, ...]:
        return tuple(part.file for part in self.parts)

    def default_layers(self) -> list[Layer]:
        """Where the defaults of the params are written."""
        layers = []
        for part in self.parts:
            schema = ParamsSchema(part.document.value.get("params") or {})
            layers.append(Layer(part.document, dict(schema.defaults), _default_path))
        return layers

    def filled(
        self,
        variables: Variables,
        problems: list[Problem],
        without: Mapping[str, Collection[str]],
    ) -> Json:
        """The sections for one tenant. `without` are the keys to leave out, by section."""
        value: Json = {}
        for part in self.parts:
            sections, holes = pruned(part.sections, without), pruned(part.holes, without)
            value = merged(value, fill(sections, holes, variables, problems))
        return value


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a project by name, and what is wrong with files that have no name."""

    by_name: Mapping[str, Template]
    problems: tuple[Problem, ...] = ()

    def unknown(self, name: Json) -> Problem:
        """What to say of a tenant that asks for a template there is not."""
        known = sorted(self.by_name)
        listed = f"There are {', '.join(known)}." if known else "The project has no templates."
        detail = f'There is no template "{name}".'
        return Problem(
            rules.UNKNOWN_TEMPLATE,
            At(("template",)),
            detail,
            did_you_mean(str(name), known) or listed,
        )


def read_templates(folder: FilePath, root: FilePath) -> Templates:
    """Every template under *folder*, which need not exist."""
    if not folder.is_dir():
        return Templates({})
    read: dict[str, tuple[FilePath, Document]] = {}
    problems: list[Problem] = []
    for file in yaml_files(folder):
        try:
            document = _read(file, root)
        except ManifestError as problem:
            problems += problem.problems
            continue
        name = document.value["template"]
        if name in read:
            first = read[name][1].origin(("template",))
            detail = f'"{name}" is already the template at {first}.'
            problems.append(
                Problem(rules.DUPLICATE_TEMPLATE, document.origin(("template",)), detail=detail)
            )
        else:
            read[name] = (file, document)
    return Templates({name: _template(name, read) for name in read}, tuple(problems))


def _read(file: FilePath, root: FilePath) -> Document:
    """A template's document. Raises ManifestError when it has not even a name."""
    confined(file, root)
    document = read_file(file, shown(file))
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("template"), str):
        detail = "A template begins with `version: 1` and `template: NAME`."
        raise ManifestError([Problem(rules.NOT_A_TEMPLATE, document.origin(()), detail=detail)])
    return document


def _template(name: str, read: Mapping[str, tuple[FilePath, Document]]) -> Template:
    own = _part(*read[name])
    extends = own.document.value.get("extends")
    problem = _bad_base(name, extends, read)
    if problem is None and extends is not None:
        parts: tuple[Part, ...] = (_part(*read[extends]), own)
    else:
        parts = (own,)
    problems = ([problem] if problem else []) + _head_problems(own)
    if problems:
        return Template(name, parts, ParamsSchema({}), _located(problems, (own.layer,), own))
    template = Template(name, parts, _params(parts))
    return replace(template, problems=_located(_problems(template), template.layers, own))


def _part(file: FilePath, document: Document) -> Part:
    sections = {key: value for key, value in document.value.items() if key not in _HEAD}
    return Part(file, document, sections, {str(k): v for k, v in find_holes(sections).items()})


def _bad_base(
    name: str, extends: Json, read: Mapping[str, tuple[FilePath, Document]]
) -> Problem | None:
    """What is wrong with the template that is extended, if anything."""
    at: Path = ("extends",)
    if extends is None:
        return None
    if extends == name:
        return Problem(rules.UNUSABLE_TEMPLATE, At(at), f'"{name}" extends itself.')
    if not isinstance(extends, str) or extends not in read:
        hint = did_you_mean(str(extends), list(read))
        return Problem(rules.UNKNOWN_TEMPLATE, At(at), f'There is no template "{extends}".', hint)
    further = read[extends][1].value.get("extends")
    if further is not None:
        detail = (
            f'"{name}" extends "{extends}", which extends "{further}" itself. '
            "A template extends one that extends none."
        )
        return Problem(rules.UNUSABLE_TEMPLATE, At(at), detail)
    return None


def _head_problems(part: Part) -> list[Problem]:
    """What is wrong above the sections, where everything else depends on."""
    head = {key: part.document.value[key] for key in _HEAD if key in part.document.value}
    problems = check({**head, "params": {}}, "template")
    return problems + check_schema(part.document.value.get("params", {}))


def _params(parts: Sequence[Part]) -> ParamsSchema:
    """The params of all parts: properties merge, and whatever one requires is required."""
    schema: Json = {}
    required: dict[str, None] = {}
    for part in parts:
        own = part.document.value.get("params") or {}
        required |= dict.fromkeys(own.get("required") or ())
        schema = merged(schema, own)
    return ParamsSchema({**schema, "required": list(required)})


def _problems(template: Template) -> list[Problem]:
    """What is wrong whatever the params are: unknown keys, wrong types, unknown expressions."""
    sections = template.sections
    holes = find_holes(sections)
    problems: list[Problem] = []
    anything = dict.fromkeys(template.params.properties, "")
    variables = Variables(_Everything(), "tenant", params=anything)
    fill(sections, holes, variables, problems)
    value = {"version": 1, "template": template.name, **sections}
    return problems + [
        problem
        for problem in check(value, "template")
        if problem.rule is not rules.MISSING_KEY  # its tenants may add it
        and not _is_expression(template.layers, problem.at.path)
    ]


class _Everything(dict[str, str]):
    """An environment in which every variable is set: which are is no business of a template."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return ""


def _is_expression(layers: Sequence[Layer], at: Path) -> bool:
    layer, found = owner(layers, at)
    text = layer.raw(found)
    return isinstance(text, str) and OPENING in text


def _located(
    problems: Sequence[Problem], layers: Sequence[Layer], own: Part
) -> tuple[Problem, ...]:
    return tuple(each.locate(partial(_origin, layers, own)) for each in problems)


def _origin(layers: Sequence[Layer], own: Part, at: Path, *, key: bool) -> Origin:
    if not at or at[0] in _HEAD:
        return own.document.origin(at, key=key)
    layer, _ = owner(layers, at)
    return layer.origin(at, key=key)


def pruned(sections: Mapping[str, Json], without: Mapping[str, Collection[str]]) -> Json:
    """*sections* without some keys of theirs; what is left is not copied."""
    pruned = dict(sections)
    for section, keys in without.items():
        if keys and isinstance(pruned.get(section), dict):
            kept = pruned[section].items()
            pruned[section] = {key: value for key, value in kept if key not in keys}
    return pruned


def _default_path(at: Path) -> Path:
    return ("params", "properties", *at[:1], "default", *at[1:])
