"""The page of rules, docs/rules.md: what each rule id means."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.problems.rules import CHAPTERS, Rule

_HEAD = """\
# Rules

<!-- Made from reconciler/problems/rules/ by `make pages`; edit the rules there. -->

Every problem that reconciler reports has one of these ids. An id keeps its meaning for ever.
An **error** stops before anything is sent; a **warning** and a **note** stop nothing.

A comment in a manifest waives a warning or a note at one place: for its own line, or for the line
below when it stands alone. Errors marked *(may be waived)* rest on the catalogue's schema of a
connector, which can be older or newer than the connector that runs.

```yaml
# reconciler: allow R301 streams are chosen in Airbyte by the customer
```

`--strict` turns the warnings marked *(strict)* into errors.
"""


def render_rules() -> str:
    """The whole page, in Markdown."""
    chapters = (_chapter(title, rules) for title, rules in CHAPTERS.items())
    return "\n".join([_HEAD, *chapters])


def _chapter(title: str, rules: Sequence[Rule]) -> str:
    rows = [f"| [{rule.id}](#{rule.id.lower()}) | {_kind(rule)} | {rule.title} |" for rule in rules]
    table = ["| rule | severity | title |", "|---|---|---|", *rows]
    return "\n".join([f"## {title}\n", *table, "", *(_section(rule) for rule in rules)])


def _section(rule: Rule) -> str:
    example = f"\n```yaml\n{rule.example}\n```\n" if rule.example else ""
    return (
        f"### {rule.id}\n\n**{rule.title}** · {_kind(rule)}\n\n"
        f"{rule.what} {rule.why}\n\n{rule.hint}\n{example}"
    )


def _kind(rule: Rule) -> str:
    if rule.is_debatable:
        return f"{rule.severity} *(may be waived)*"
    return f"{rule.severity} *(strict)*" if rule.is_strict else str(rule.severity)
