"""`make mutants`: how many of a sample of wrong lines the tests notice.

mutmut makes the wrong lines and runs the tests that reach each; which files and which tests is said
in pyproject.toml. Here the sample is drawn, the same for the same seed, and its score counted.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

FOLDER = Path("mutants")  # mutmut's own: a copy of the project with every mutant in it
NOTHING = "no mutant has this name"
SURVIVED, UNREACHED = 0, 33  # exit codes by which mutmut notes a mutant; others are of failed tests


def main() -> int:
    options = _options()
    # What was found out before may be of other code and other tests.
    shutil.rmtree(FOLDER, ignore_errors=True)
    # Asked for what is not there it makes the mutants, learns which tests reach them, and stops.
    output = _mutmut("run", NOTHING)
    names = [name for name in sorted(_ends()) if fnmatch.fnmatchcase(name, options.only)]
    if not names:
        click.echo(f"{output}\nNo mutant has a name like {options.only}.")
        return 1
    sample = random.Random(options.seed).sample(names, min(options.sample, len(names)))
    started = time.monotonic()
    output = _mutmut("run", "--max-children", str(options.workers), *sample)
    taken_s = time.monotonic() - started
    ends = _ends()
    if any(ends[name] is None for name in sample):
        click.echo(f"{output}\nNot every mutant was tried.")
        return 1
    click.echo(f"{len(names)} mutants, {len(sample)} tried, {taken_s / len(sample):.2f} s each")
    click.echo(_table({name: ends[name] for name in sample}))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=15, help="another one draws another sample")
    parser.add_argument("--only", default="*", help="of names like this: 'reconciler.ledger.*'")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time")
    return parser.parse_args()


def _mutmut(*arguments: str) -> str:
    """What mutmut prints."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ).stdout


def _ends() -> Mapping[str, int | None]:
    """The exit code of the tests for each mutant by its name, None for one that was not tried."""
    notes = [json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.rglob("*.meta")]
    return {name: code for note in notes for name, code in note["exit_code_by_key"].items()}


def _table(ends: Mapping[str, int | None]) -> str:
    """Caught and tried by module, the score, and the names of what was not caught."""
    missed = sorted(name for name, code in ends.items() if code in (SURVIVED, UNREACHED))
    tried = Counter(map(_module, ends))
    survived = Counter(map(_module, missed))
    rows = [f"{n - survived[name]:4} of {n:4}  {name}" for name, n in sorted(tried.items())]
    score = (len(ends) - len(missed)) / len(ends)
    return "\n".join([*rows, f"Caught: {score:.1%}.", *_shown(missed, ends)])


def _module(mutant: str) -> str:
    return mutant.rpartition(".")[0]


def _shown(missed: Sequence[str], ends: Mapping[str, int | None]) -> list[str]:
    if not missed:
        return []
    lines = [f"  {name}{' (no test)' if ends[name] == UNREACHED else ''}" for name in missed]
    return ["Not caught; `mutmut show NAME` shows one:", *lines]


if __name__ == "__main__":
    sys.exit(main())
