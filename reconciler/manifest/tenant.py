"""What one tenant's files say, over its template → its Manifest: merged, evaluated, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from reconciler.manifest.discover import TenantFiles, confined, shown
from reconciler.manifest.expressions import (
    OPENING,
    Variables,
    expand,
    fill,
    find_holes,
    is_one_expression,
    params_in,
)
from reconciler.manifest.layers import Layer, merged, owner
from reconciler.manifest.reader import Document, read_file
from reconciler.manifest.schema import check
from reconciler.manifest.template import Template, Templates, pruned
from reconciler.manifest.uses import left_out, unused
from reconciler.model import Json, Origin, Path
from reconciler.model.paths import value_at
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import At, Problem

REPEATABLE = (
    "version",
    "tenant",
    "template",
)  # files of a folder may all state them, if they agree
TEMPLATING = ("template", "params", "uses")  # what an effective manifest no longer needs

_HARMLESS_TO_SHAPE = frozenset(
    {
        rules.UNKNOWN_KEY,
        rules.INVALID_VALUE,
        rules.UNDEFINED_VARIABLE,
        rules.UNDEFINED_PARAM,
        rules.UNKNOWN_EXPRESSION,
        rules.MALFORMED_EXPRESSION,
    }
)
"""What can be wrong with a value that has the shape its readers count on all the same."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What manifests are read with: the project's folder and defaults, templates, environment."""

    root: FilePath
    templates: Templates
    environ: Mapping[str, str]
    defaults: Layer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written. `params` are the places of the params that are in it.

    `through` is the expression by which it came here from where it was written.
    """

    origin: Origin
    through: Origin | None = None
    params: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One tenant: effective values, and the layers that know where they were written.

    `problems` is what the values have wrong; what they do not concern can be understood all the
    same, so that a misspelt key hides no dangling reference elsewhere in the file. `own` are the
    layers of the tenant itself, `shared` those of its templates and of the project's defaults.
    """

    files: TenantFiles
    own: tuple[Layer, ...]
    value: Mapping[str, Json]
    problems: tuple[Problem, ...] = ()
    shared: tuple[Layer, ...] = ()
    params: tuple[Layer, ...] = ()

    @property
    def tenant(self) -> str:
        name = self.value.get("tenant")
        return name if isinstance(name, str) else self.files.guessed_name

    @property
    def documents(self) -> list[Document]:
        """The files of it, templates included: what a comment may stand in."""
        written = [layer.written for layer in (*self.shared, *self.own)]
        return [each for each in written if isinstance(each, Document)]

    def locate_problems(self) -> list[Problem]:
        """The problems at their places in the files."""
        return [self.locate(problem) for problem in self.problems]

    def is_sound(self, at: Path) -> bool:
        """Whether the value at *at* has the shape that its readers count on."""
        return not any(
            problem.at.path[: len(at)] == at and not self._keeps_shape(problem)
            for problem in self.problems
        )

    def _keeps_shape(self, problem: Problem) -> bool:
        """Whether what is around the value of *problem* can be understood all the same."""
        if problem.rule is rules.UNKNOWN_VALUE:
            return isinstance(value_at(self.value, problem.at.path), str)
        return problem.rule in _HARMLESS_TO_SHAPE

    def is_expression(self, at: Path) -> bool:
        """Whether the value at *at* was written with a `${{ … }}` in it."""
        layer, found = owner((*self.shared, *self.own), at)
        text = layer.raw(found)
        return isinstance(text, str) and OPENING in text

    def origin(self, at: Path = (), *, key: bool = False) -> Origin:
        """The place of the value at *at* (or of its key), in whichever file has it."""
        return self.place(at, key=key).origin

    def own_origin(self, at: Path) -> Origin:
        """The place of the key at *at* where the tenant itself writes it, else of the tenant."""
        layer, found = owner(self.own, at)
        return layer.origin(at, key=True) if found == at else self.origin(("tenant",), key=True)

    def place(self, at: Path, *, key: bool = False) -> Place:
        """Where the value at *at* was written, or its key: through params if need be."""
        if at[:1] == ("params",) and self.params:
            return Place(self._given_at(at[1:], key=key))
        layer, found = owner((*self.shared, *self.own), at)
        origin = layer.origin(found, key=key and found == at)
        text = layer.raw(found)
        if (key and found == at) or not isinstance(text, str) or OPENING not in text:
            return Place(origin)
        places = {name: self._param_origin((name,)) for name in params_in(text)}
        known = {name: place for name, place in places.items() if place is not None}
        if known and is_one_expression(text):
            (name,) = known
            inside = self._param_origin((name, *at[len(found) :]))
            return Place(inside or known[name], through=origin)
        return Place(origin, params=known)

    def _given_at(self, at: Path, *, key: bool) -> Origin:
        """Where a param is given, or would have to be."""
        layer, found = owner(self.params, at)
        if found or any(layer.written is own.written for own in self.own):
            return layer.origin(at, key=key)
        layer, found = owner(self.own, ("params",))
        return layer.origin(found) if found else self.own_origin(("params",))

    def _param_origin(self, at: Path) -> Origin | None:
        if not self.params:
            return None
        layer, found = owner(self.params, at)
        return layer.origin(found) if found else None

    def locate(self, problem: Problem) -> Problem:
        """*problem* at its place in the files."""
        at = problem.at
        place = self.place(at.shown or at.path, key=at.on_key)
        said = [problem.detail]
        if place.through:
            said.append(f"It comes from there through {place.through}.")
        said += [f"`params.{name}` is from {origin}." for name, origin in place.params.items()]
        return replace(problem, where=place.origin, detail=" ".join(filter(None, said)))


def read_documents(files: TenantFiles, root: FilePath) -> list[Document]:
    """The documents in *files*. Raises ManifestError with all that cannot be read."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files.files:
        try:
            confined(file, root)
            document = read_file(file, shown(file))
        except ManifestError as problem:
            problems += problem.problems
            continue
        if isinstance(document.value, dict):
            documents.append(document)
        else:
            origin = document.origin(())
            detail = "A manifest is a mapping of keys such as `tenant:` and `sources:`."
            problems.append(Problem(rules.WRONG_SHAPE, origin, detail=detail))
    if problems:
        raise ManifestError(problems)
    return documents


def joined(documents: Sequence[Document]) -> dict[str, Json]:
    """The top-level sections of all files together; a key in two files is a mistake."""
    value: dict[str, Json] = {}
    problems: list[Problem] = []
    for document in documents:
        for section, fields in document.value.items():
            if section not in value:
                value[section] = fields
            elif section in REPEATABLE and value[section] == fields:
                continue
            elif isinstance(fields, dict) and isinstance(value[section], dict):
                twice = [key for key in fields if key in value[section]]
                problems += [_twice(document, (section, key), documents) for key in twice]
                value[section] = {**value[section], **fields}
            else:
                problems.append(_twice(document, (section,), documents))
    if problems:
        raise ManifestError(problems)
    return value


def _twice(document: Document, at: Path, documents: Sequence[Document]) -> Problem:
    first = next(each for each in documents if each.depth(at) == len(at))
    return Problem(
        rules.DUPLICATE_KEY,
        document.origin(at, key=True),
        detail=f'"{at[-1]}" is already set at {first.origin(at, key=True)}.',
        hint="The files of a folder are one tenant: set each key in one of them.",
    )


def build_manifest(
    files: TenantFiles,
    own: Sequence[Layer],
    written: Mapping[str, Json],
    around: Surroundings,
    *,
    is_row: bool = False,
) -> Manifest:
    """The manifest of one tenant. *own* are its layers, *written* what they say together.

    What a set says for all its rows is no mistake in a row that does not use it (`is_row`). A
    template that has problems cannot be used: the manifest then has only what is its own, and those
    problems are told by themselves.
    """
    name = written.get("tenant")
    variables = Variables(around.environ, name if isinstance(name, str) else None)
    problems: list[Problem] = []
    if "template" not in written:
        value = _expanded(written, own, variables, problems)
        return _checked(Manifest(files, tuple(own), value, tuple(problems)), around)
    template = around.templates.by_name.get(str(written["template"]))
    if template is None:
        problems.append(around.templates.unknown(written["template"]))
    if template is None or template.problems:
        files = files if template is None else _sharing(files, template)
        return Manifest(files, tuple(own), _bare(written), tuple(problems))
    return _from_template(files, own, written, template, variables, around, is_row)


def _bare(written: Mapping[str, Json]) -> dict[str, Json]:
    """What can be said of a tenant without its template."""
    return {key: written[key] for key in ("version", "tenant", "labels") if key in written}


def _sharing(files: TenantFiles, template: Template) -> TenantFiles:
    return replace(files, shared=tuple(dict.fromkeys((*files.shared, *template.files))))


def _from_template(
    files: TenantFiles,
    own: Sequence[Layer],
    written: Mapping[str, Json],
    template: Template,
    variables: Variables,
    around: Surroundings,
    is_row: bool,
) -> Manifest:
    params, problems = _params(written.get("params", {}), template, variables)
    manifest = Manifest(
        _sharing(files, template),
        tuple(own),
        _bare(written),
        shared=tuple(template.layers),
        params=(*template.default_layers(), *_params_layers(own)),
    )
    without, misused = left_out(template.sections, written)
    problems += misused + ([] if is_row else unused(without, written))
    if problems:
        return replace(manifest, problems=tuple(problems))
    variables = replace(variables, params=params)
    value = template.filled(variables, problems, without)
    above = pruned({k: v for k, v in written.items() if k not in TEMPLATING}, without)
    value = merged(value, _expanded(above, own, variables, problems))
    return _checked(replace(manifest, value=value, problems=tuple(problems)), around)


def _params(
    given: Json, template: Template, variables: Variables
) -> tuple[dict[str, Json], list[Problem]]:
    """The params of one tenant with their defaults, and what is wrong with them."""
    if not isinstance(given, dict):
        detail = "`params` must be a mapping of the template's params."
        return {}, [Problem(rules.WRONG_TYPE, At(("params",)), detail)]
    problems: list[Problem] = []
    params = expand({**template.params.defaults, **given}, variables, problems, ("params",))
    missing = [_missing(name) for name in template.params.required if name not in params]
    return params, [*problems, *missing] or template.params.check(params)


def _missing(name: str) -> Problem:
    detail = f'The template needs the param "{name}".'
    hint = f"Give it under `params`, or in the table's column {name}."
    return Problem(rules.MISSING_PARAM, At(("params", name)), detail, hint)


def _params_layers(own: Sequence[Layer]) -> list[Layer]:
    return [
        Layer(layer.written, layer.value["params"], lambda at: ("params", *at))
        for layer in own
        if isinstance(layer.value.get("params"), dict)
    ]


def _expanded(
    written: Mapping[str, Json],
    own: Sequence[Layer],
    variables: Variables,
    problems: list[Problem],
) -> dict[str, Json]:
    if not any(OPENING in layer.written.text for layer in own):
        return dict(written)
    return {
        key: _filled(value, variables, problems, (key,)) if key != "tenant" else value
        for key, value in written.items()
    }


def _filled(value: Json, variables: Variables, problems: list[Problem], at: Path) -> Json:
    """*value* with its expressions replaced; what has none is shared with it."""
    if isinstance(value, dict | list):
        return fill(value, find_holes(value), variables, problems, at)
    return expand(value, variables, problems, at)


def _checked(manifest: Manifest, around: Surroundings) -> Manifest:
    """*manifest* with the project's defaults filled in, and with what its values have wrong."""
    value = dict(manifest.value)
    default: dict[str, Json] = {}
    for section, fields in around.defaults.value.items():
        blocks = value.get(section)
        if isinstance(fields, dict) and isinstance(blocks, dict):
            value[section] = {key: _over(fields, block) for key, block in blocks.items()}
            default[section] = dict.fromkeys(blocks, fields)
        elif not isinstance(fields, dict):
            value.setdefault(section, fields)
            default[section] = fields
    unevaluated = {problem.at.path for problem in manifest.problems}
    problems = [each for each in check(value, "tenant") if each.at.path not in unevaluated]
    shared = (replace(around.defaults, value=default), *manifest.shared) if default else ()
    return replace(
        manifest,
        value=value,
        problems=(*manifest.problems, *problems),
        shared=shared or manifest.shared,
    )


def _over(fields: Mapping[str, Json], block: Json) -> Json:
    return {**fields, **block} if isinstance(block, dict) else block


def default_path(at: Path) -> Path:
    """Where the project file has a default that is now at *at*: for all keys of a section alike."""
    return ("defaults", *at[:1], *at[2:])
