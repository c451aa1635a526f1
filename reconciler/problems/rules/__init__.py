"""Every rule by its id and by its title: one table, from which docs/rules.md is made.

Numbers: R0xx reading and shape, R1xx references and names, R2xx connector configuration,
R3xx connections, streams and schedules, R4xx refusals of a plan, R5xx the API and apply.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.problems.rules import (
    api,
    connections,
    connectors,
    plan,
    reading,
    references,
    templates,
)
from reconciler.problems.rules.rule import Rule, Severity, error_rule

UNLISTED = error_rule(
    "R000",
    "failed",
    what="Something stopped the command, and no rule below describes it.",
    why="Nothing more was done than what the message says.",
    hint="Read the message; if it does not help, report it.",
)

CHAPTERS: Mapping[str, tuple[Rule, ...]] = {
    "Reading and shape": (UNLISTED, *reading.RULES, *templates.RULES),
    "References and names": references.RULES,
    "Connector configuration": connectors.RULES,
    "Connections, streams and schedules": connections.RULES,
    "Refusals of a plan": plan.RULES,
    "The API and apply": api.RULES,
}

RULES: tuple[Rule, ...] = tuple(rule for rules in CHAPTERS.values() for rule in rules)

BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}

_BY_TITLE: Mapping[str, Rule] = {rule.title: rule for rule in RULES}


def rule_titled(title: str) -> Rule:
    """The rule of a Diagnostic's summary; UNLISTED for one that is in no table."""
    return _BY_TITLE.get(title, UNLISTED)


__all__ = ["BY_ID", "CHAPTERS", "RULES", "UNLISTED", "Rule", "Severity", "rule_titled"]
