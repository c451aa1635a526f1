"""Every rule by its name and by its id; docs/rules.md is made from them.

A rule is a constant of the file of its topic, and that is all there is to do for a new one:
`rules.UNKNOWN_SOURCE` is `references.UNKNOWN_SOURCE`.

Numbers: R0xx reading and shape, R1xx references and names, R2xx connector configuration,
R3xx connections, streams and schedules, R4xx refusals of a plan, R5xx the API and apply.
"""

# One flat name for each rule, without a list of them all here: a test proves that none is taken.
# ruff: noqa: F403
from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from reconciler.problems.rules import (
    api,
    connections,
    connectors,
    plan,
    reading,
    references,
    templates,
)
from reconciler.problems.rules.api import *
from reconciler.problems.rules.connections import *
from reconciler.problems.rules.connectors import *
from reconciler.problems.rules.plan import *
from reconciler.problems.rules.reading import *
from reconciler.problems.rules.references import *
from reconciler.problems.rules.rule import Rule as Rule
from reconciler.problems.rules.rule import Severity as Severity
from reconciler.problems.rules.templates import *

TOPICS: Mapping[str, tuple[ModuleType, ...]] = {
    "Reading and shape": (reading, templates),
    "References and names": (references,),
    "Connector configuration": (connectors,),
    "Connections, streams and schedules": (connections,),
    "Refusals of a plan": (plan,),
    "The API and apply": (api,),
}


def _rules_in(topics: tuple[ModuleType, ...]) -> tuple[Rule, ...]:
    found = (value for topic in topics for value in vars(topic).values())
    return tuple(sorted((each for each in found if isinstance(each, Rule)), key=lambda r: r.id))


CHAPTERS: Mapping[str, tuple[Rule, ...]] = {
    title: _rules_in(topics) for title, topics in TOPICS.items()
}

RULES: tuple[Rule, ...] = tuple(rule for rules in CHAPTERS.values() for rule in rules)

BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}
