"""docs/sandbox-checklist.md: every line has tests, which are there, or says what is not so yet.

The lists themselves are not in this repository. Where the page on Airbyte's API is at hand, each of
their parts must have as many lines here as there. That page gets better on its own, so that only
`make test-long` looks: a better page must not fail what nobody has changed here.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.published import DESCRIPTION

CHECKLIST = ROOT / "docs" / "sandbox-checklist.md"
KNOWN = DESCRIPTION.parents[1] / "airbyte-api.md"
TEST = re.compile(r" *- `(test_\w+)`")
NOT_YET = re.compile(r" *- not yet: \S.*")
LINE = re.compile(r"(\d+)\. \S.*")
CLAIM = re.compile(r" +- (?!`test_|not yet).*:")


def parts() -> dict[str, list[str]]:
    """The text below each heading of the checklist, as lines that are not empty."""
    found: dict[str, list[str]] = {}
    for heading, _, text in (
        part.partition("\n") for part in CHECKLIST.read_text(encoding="utf-8").split("\n## ")[1:]
    ):
        found[heading] = [line for line in text.split("\n") if line]
    return found


def known_counts() -> list[int]:
    """How many lines each part of the two lists has, where they are at hand."""
    text = KNOWN.read_text(encoding="utf-8")
    traps, faithful = (
        re.split(r"^# ", text.split(f"\n# {number}. ")[1], flags=re.MULTILINE)[0]
        for number in (8, 9)
    )
    bullets = [
        len(re.findall(r"^- ", part, re.MULTILINE)) for part in re.split(r"\n\n(?=\w)", traps)[1:]
    ]
    return [*bullets, len(re.findall(r"^\d+\. ", faithful, re.MULTILINE))]


def functions_there() -> Counter[str]:
    """The name of every test function of the sandbox's tests, and how many have it."""
    names = (file.stem for file in Path(__file__).parent.glob("test_*.py"))
    modules = [importlib.import_module(f"tests.sandbox.{name}") for name in names]
    return Counter(
        name
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("test_") and getattr(value, "__module__", "") == module.__name__
    )


def leaves(lines: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each line or claim, and below it the tests and what is not so yet; none that has claims."""
    said, tests, missing = "", list[str](), list[str]()
    for line in [*lines, ""]:
        if match := TEST.fullmatch(line):
            tests.append(match[1])
            continue
        if NOT_YET.fullmatch(line):
            missing.append(line)
            continue
        if said and not (CLAIM.fullmatch(line) and LINE.fullmatch(said)):
            yield said, tests, missing
        said, tests, missing = line, [], []


@pytest.mark.parametrize("heading", list(parts()))
def test_every_line_has_its_number_and_every_claim_tests_that_are_there_or_a_mark(
    heading: str,
) -> None:
    lines = parts()[heading]
    for line in lines:
        assert any(kind.fullmatch(line) for kind in (TEST, NOT_YET, LINE, CLAIM)), line
    numbers = [int(match[1]) for line in lines if (match := LINE.fullmatch(line))]
    assert numbers == list(range(1, len(numbers) + 1))
    there = functions_there()
    for said, tests, missing in leaves(lines):
        assert bool(tests) != bool(missing), f"{said} has either tests or a mark that it is not yet"
        assert {name: there[name] for name in tests} == dict.fromkeys(tests, 1), said


@pytest.mark.long
def test_no_line_of_what_is_known_is_missing() -> None:
    if not KNOWN.exists():
        pytest.skip(f"{KNOWN.name} is not here")
    counts = [sum(bool(LINE.fullmatch(line)) for line in lines) for lines in parts().values()]
    assert counts == known_counts()
