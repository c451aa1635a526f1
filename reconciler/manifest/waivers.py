"""`# reconciler: allow R301 reason`: one rule silenced at one place.

A comment behind a value holds for its own line; one that stands alone holds for the next line that
is no comment. Errors cannot be waived, except that a connector's schema is not right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.model import Origin
from reconciler.problems import rules
from reconciler.problems.problem import Problem
from reconciler.problems.rules import BY_ID
from reconciler.problems.wording import did_you_mean

_MARK = "reconciler:"
_COMMENT = re.compile(r"(?:^|\s)#\s*reconciler:(?P<said>.*)$")
_ALLOW = re.compile(r"\s*allow\s+(?P<rule>[A-Za-z]\d+)\b[\s:,-]*(?P<reason>.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One comment: where it stands, the line it holds for, and what it says."""

    origin: Origin
    line: int
    said: str
    rule: str = ""
    reason: str = ""

    def silences(self, problem: Problem) -> bool:
        place = problem.origin
        return (
            place is not None
            and problem.rule.id == self.rule
            and problem.rule.is_waivable
            and (place.path, place.line) == (self.origin.path, self.line)
        )


def read_waivers(text: str, path: str) -> list[Waiver]:
    """The waivers in a file's *text*."""
    if _MARK not in text:
        return []
    lines = text.splitlines()
    return [
        _waiver(match, lines, Origin(path, number, line.index("#", match.start()) + 1))
        for number, line in enumerate(lines, start=1)
        if (match := _COMMENT.search(line))
    ]


def without_waived(problems: Collection[Problem], waivers: Collection[Waiver]) -> list[Problem]:
    """What *waivers* leave of *problems*, and what is wrong with the waivers themselves."""
    waivers = list(dict.fromkeys(waivers))
    left = [each for each in problems if not any(w.silences(each) for w in waivers)]
    used = {w for w in waivers if any(w.silences(each) for each in problems)}
    return [*left, *(problem for w in waivers for problem in _problems(w, w in used))]


def _waiver(match: re.Match[str], lines: list[str], origin: Origin) -> Waiver:
    line = origin.line
    if lines[line - 1].lstrip().startswith("#"):
        while line < len(lines) and lines[line - 1].lstrip()[:1] in ("", "#"):
            line += 1
    said = match["said"].strip()
    allowed = _ALLOW.match(match["said"])
    if allowed is None:
        return Waiver(origin, line, said)
    return Waiver(origin, line, said, allowed["rule"].upper(), allowed["reason"])


def _problems(waiver: Waiver, is_used: bool) -> Iterator[Problem]:
    rule = BY_ID.get(waiver.rule)
    if rule is None or not rule.is_waivable:
        yield Problem(
            rules.UNUSABLE_WAIVER,
            waiver.origin,
            f"`{waiver.said[:60]}` silences nothing: {_why_unusable(waiver)}",
            "Write: # reconciler: allow RULE reason",
        )
        return
    if not waiver.reason:
        detail = f"It allows {waiver.rule} ({rule.title}) and does not say why."
        hint = f"Write: # reconciler: allow {waiver.rule} reason"
        yield Problem(rules.WAIVER_WITHOUT_A_REASON, waiver.origin, detail, hint)
    if not is_used:
        detail = f"There is no {waiver.rule} ({rule.title}) at line {waiver.line}."
        hint = "Remove the comment, or put it right above the line that it is for."
        yield Problem(rules.UNUSED_WAIVER, waiver.origin, detail, hint)


def _why_unusable(waiver: Waiver) -> str:
    if not waiver.rule:
        return "it does not begin with `allow` and a rule's id."
    if waiver.rule not in BY_ID:
        return f"there is no rule {waiver.rule}. {did_you_mean(waiver.rule, BY_ID)}".rstrip()
    return f"{waiver.rule} ({BY_ID[waiver.rule].title}) is an error that has to be corrected."
