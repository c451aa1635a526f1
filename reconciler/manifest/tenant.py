"""The files of one tenant → its Manifest: merged, expressions evaluated, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import Diagnostic, ManifestError, error
from reconciler.manifest.discover import TenantFiles, shown
from reconciler.manifest.expressions import OPENING, Variables, expand
from reconciler.manifest.findings import Finding
from reconciler.manifest.reader import Document, read_file
from reconciler.manifest.schema import check
from reconciler.model import Json, Origin, Path

REPEATABLE = ("version", "tenant")  # each file of a folder may state them, if they all agree


@dataclass(frozen=True, slots=True)
class Manifest:
    """One tenant as written: effective values, and the documents that know where they stand.

    `findings` is what the values have wrong; what they do not concern can be understood all the
    same, so that a misspelt key hides no dangling reference elsewhere in the file.
    """

    files: TenantFiles
    documents: tuple[Document, ...]
    value: Mapping[str, Json]
    findings: tuple[Finding, ...] = ()

    @property
    def tenant(self) -> str:
        name = self.value.get("tenant")
        return name if isinstance(name, str) else self.files.guessed_name

    @property
    def problems(self) -> list[Diagnostic]:
        """The findings at their places."""
        return [self.placed(finding) for finding in self.findings]

    def is_sound(self, at: Path) -> bool:
        """Whether the value at *at* has the shape that its readers count on."""
        return not any(
            finding.at[: len(at)] == at and not finding.isolated for finding in self.findings
        )

    def is_expression(self, at: Path) -> bool:
        """Whether the value at *at* was written with a `${{ … }}` in it."""
        value: Json = max(self.documents, key=lambda each: each.depth(at)).value
        for step in at:
            is_inside = isinstance(value, list) or (isinstance(value, dict) and step in value)
            value = value[step] if is_inside else None
        return isinstance(value, str) and OPENING in value

    def origin(self, at: Path = (), *, key: bool = False) -> Origin:
        """The place of the value at *at* (or of its key), in whichever file has it."""
        document = max(self.documents, key=lambda each: each.depth(at))
        return document.origin(at, key=key)

    def placed(self, finding: Finding) -> Diagnostic:
        """*finding* as a Diagnostic at its place in the files."""
        return finding.placed(self.origin(finding.at, key=finding.on_key))


def read_manifest(files: TenantFiles, environ: Mapping[str, str]) -> Manifest:
    """The manifest in *files*, checked. Raises ManifestError for files that cannot be read."""
    documents, problems = _read_all(files)
    if problems:
        raise ManifestError(problems)
    merged = _merge(documents)
    findings: list[Finding] = []
    if any(OPENING in document.text for document in documents):
        tenant = merged.get("tenant")
        variables = Variables(environ, tenant if isinstance(tenant, str) else None)
        merged = {
            key: expand(value, variables, findings, (key,)) if key != "tenant" else value
            for key, value in merged.items()
        }
    unevaluated = {finding.at for finding in findings}
    findings += [each for each in check(merged, "tenant") if each.at not in unevaluated]
    return Manifest(files, tuple(documents), merged, tuple(findings))


def _read_all(files: TenantFiles) -> tuple[list[Document], list[Diagnostic]]:
    documents: list[Document] = []
    problems: list[Diagnostic] = []
    for file in files.files:
        try:
            document = read_file(file, shown(file))
        except ManifestError as problem:
            problems += problem.diagnostics
            continue
        if isinstance(document.value, dict):
            documents.append(document)
        else:
            origin = document.origin(())
            detail = "A manifest is a mapping of keys such as `tenant:` and `sources:`."
            problems.append(error(origin, "wrong shape", detail=detail))
    return documents, problems


def _merge(documents: list[Document]) -> dict[str, Json]:
    """The top-level sections of all files together; a key in two files is a mistake."""
    merged: dict[str, Json] = {}
    problems: list[Diagnostic] = []
    for document in documents:
        for section, value in document.value.items():
            if section not in merged:
                merged[section] = value
            elif section in REPEATABLE and merged[section] == value:
                continue
            elif isinstance(value, dict) and isinstance(merged[section], dict):
                twice = [key for key in value if key in merged[section]]
                problems += [_twice(document, (section, key), documents) for key in twice]
                merged[section] = {**merged[section], **value}
            else:
                problems.append(_twice(document, (section,), documents))
    if problems:
        raise ManifestError(problems)
    return merged


def _twice(document: Document, at: Path, documents: list[Document]) -> Diagnostic:
    first = next(each for each in documents if each.depth(at) == len(at))
    return error(
        document.origin(at, key=True),
        "duplicate key",
        detail=f'"{at[-1]}" is already set at {first.origin(at, key=True)}.',
        hint="The files of a folder are one tenant: set each key in one of them.",
    )
