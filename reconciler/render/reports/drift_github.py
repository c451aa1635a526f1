"""Drift as annotations that GitHub shows at the manifests' lines; see plan/github.py."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.operations.find_drift import Drift, Drifted, State
from reconciler.problems.explain import explain
from reconciler.render.parts.values import safe
from reconciler.render.plan.github import Level, annotation, problem_annotation
from reconciler.render.reports.drift import cause, summary, told


def render_drift_github(drift: Drift, inside: str = "") -> str:
    """What could not be read, then each resource that has drifted, at its place; and the sums."""
    failures = [explain(tenant.failure) for tenant in drift.tenants if tenant.failure]
    found = [_annotated(one, inside) for tenant in drift.tenants for one in tenant.drifted]
    sums = annotation(Level.NOTICE, summary(drift), title="Drift")
    return (
        "\n".join([*(problem_annotation(each, inside) for each in failures), *found, sums]) + "\n"
    )


def _annotated(one: Drifted, inside: str) -> str:
    title = safe(f"Drift of {one.key}")
    text = "\n".join(_lines(one))
    return annotation(Level.WARNING, text, title=title, origin=one.origin, inside=inside)


def _lines(one: Drifted) -> Iterator[str]:
    if one.state is not State.DIFFERS:
        yield f"{one.state}, {cause(one)}"
    for field in one.fields:
        yield f"{told(field)}  {field.who}"
