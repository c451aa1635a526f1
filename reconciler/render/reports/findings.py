"""What `validate` found, for programs: JSON, SARIF 2.1.0, JUnit XML, GitHub annotations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree as xml

from reconciler import __version__
from reconciler.model import Json, Origin
from reconciler.problems.problem import Problem, in_order
from reconciler.problems.rules import RULES, Rule, Severity
from reconciler.render.plan.github import from_top, problem_annotation

FORMAT_VERSION = 1

_SARIF_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


@dataclass(frozen=True, slots=True)
class Findings:
    """The problems of a run, and how much was checked; nothing counts when it is invalid.

    `inside` is the repository's folder that their places are relative to; empty at its top.
    """

    problems: Sequence[Problem]
    tenants: int = 0
    resources: int = 0
    inside: str = ""

    @property
    def is_valid(self) -> bool:
        return not any(each.severity is Severity.ERROR for each in self.problems)


def render_json(findings: Findings) -> str:
    """The shape of schemas/findings.schema.json."""
    counts = Counter(each.severity for each in findings.problems)
    return _dumped(
        {
            "formatVersion": FORMAT_VERSION,
            "valid": findings.is_valid,
            "checked": {"tenants": findings.tenants, "resources": findings.resources},
            "counts": {str(severity): counts[severity] for severity in Severity},
            "findings": [_as_json(each) for each in in_order(findings.problems)],
        }
    )


def _as_json(problem: Problem) -> Mapping[str, Json]:
    place = problem.origin
    where = {"file": place.path, "line": place.line, "column": place.column} if place else {}
    return {
        "rule": problem.rule.id,
        "severity": problem.severity,
        "title": problem.rule.title,
        **where,
        "detail": problem.detail,
        "hint": problem.hint,
    }


def render_sarif(findings: Findings) -> str:
    """A SARIF log of one run, as code-scanning services take it."""
    driver = {
        "name": "reconciler",
        "version": __version__,
        "rules": [_sarif_rule(rule) for rule in RULES],
    }
    results = [_sarif_result(each, findings.inside) for each in in_order(findings.problems)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _dumped({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _sarif_rule(rule: Rule) -> Mapping[str, Json]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.title.split()),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {"text": rule.hint},
        "defaultConfiguration": {"level": rule.severity},
    }


_RULE_INDEX = {rule.id: index for index, rule in enumerate(RULES)}


def _sarif_result(problem: Problem, inside: str) -> Mapping[str, Json]:
    rule = problem.rule.id
    text = " ".join(part for part in (problem.detail, problem.hint) if part)
    return {
        "ruleId": rule,
        "ruleIndex": _RULE_INDEX[rule],
        "level": problem.severity,
        "message": {"text": text or problem.rule.title},
        "locations": [_sarif_location(problem.origin or _WHOLE, inside)],
    }


# GitHub refuses a whole log for one result without a place; the project file stands for all of it.
_WHOLE = Origin("reconciler.yaml", 1, 1)


def _sarif_location(place: Origin, inside: str) -> Mapping[str, Json]:
    path = quote(from_top(place.path.replace("\\", "/"), inside))
    return {
        "physicalLocation": {
            # A reference that begins with a slash would lead out of the repository that is scanned.
            "artifactLocation": {"uri": f"file://{path}" if path.startswith("/") else path},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def render_junit(findings: Findings) -> str:
    """A test case for each file with findings; errors fail it, the rest is its output."""
    by_file: dict[str, list[Problem]] = {}
    for each in in_order(findings.problems):
        by_file.setdefault(each.origin.path if each.origin else "project", []).append(each)
    if not by_file:
        by_file["manifests"] = []
    failing = sum(_fails(found) for found in by_file.values())
    suite = xml.Element("testsuite", name="reconciler validate", tests=str(len(by_file)))
    suite.attrib |= {"failures": str(failing), "errors": "0", "skipped": "0"}
    for file, found in by_file.items():
        _junit_case(suite, file, found)
    xml.indent(suite)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{xml.tostring(suite, encoding='unicode')}\n"


def _fails(found: Sequence[Problem]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)


def _junit_case(suite: xml.Element, file: str, found: Sequence[Problem]) -> None:
    case = xml.SubElement(suite, "testcase", classname="reconciler.validate", name=_printable(file))
    lines = {
        is_error: [_line(each) for each in found if (each.severity is Severity.ERROR) == is_error]
        for is_error in (True, False)
    }
    if lines[True]:
        first = lines[True][0]
        message = first if len(lines[True]) == 1 else f"{len(lines[True])} errors, first: {first}"
        xml.SubElement(case, "failure", type="error", message=message).text = "\n".join(lines[True])
    if lines[False]:
        xml.SubElement(case, "system-out").text = "\n".join(lines[False])


def _line(problem: Problem) -> str:
    place = f"{problem.origin}: " if problem.origin else ""
    said = " ".join(part for part in (problem.detail, problem.hint) if part)
    head = f"{place}{problem.severity}: {problem.rule.title} [{problem.rule.id}]"
    return _printable(f"{head}: {said}".rstrip(": "))


def _printable(text: str) -> str:
    """*text* without the control characters that XML cannot hold."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def render_github(findings: Findings) -> str:
    """Workflow commands that GitHub shows at the lines of a pull request."""
    return "\n".join(
        problem_annotation(each, findings.inside) for each in in_order(findings.problems)
    )


def _dumped(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Findings], str]] = {
    "json": render_json,
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
}
