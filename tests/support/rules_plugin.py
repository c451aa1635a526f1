"""Every rule is told by the program in some test: a whole run in which one is not has failed."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.problems.rules import RULES
from tests.support import RULES_TOLD

UNTOLD = {
    "R000": "stands for what has no rule",
    "R501": "stands for mistakes that have rules of their own, where only their number counts",
    "R520": "stands for calls that fail in a way nobody has thought of",
    "R509": "is told of a fault in the program itself, and no test may know one",
}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hands the rules to the process that reports; there, fails a whole run that lacks some."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["rules"] = sorted(RULES_TOLD)
    elif is_whole(session.config) and never_told():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    RULES_TOLD.update(getattr(node, "workeroutput", {}).get("rules", ()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    missing = never_told()
    told = len(RULES) - len(UNTOLD) - len(missing)
    said = f"{told} of {len(RULES)} rules were told by the program"
    if missing and is_whole(config):
        said = f"FAILED: no test makes the program tell {', '.join(missing)}"
    terminalreporter.write_line(said)


def is_whole(config: pytest.Config) -> bool:
    """Whether the run is of all the tests, and not of some that somebody chose."""
    options = ("keyword", "lf", "maxfail", "collectonly")  # not all are known without each plugin
    chosen = any(config.getoption(name, default=None) for name in options)
    usual = config.getoption("markexpr") == "not long"
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and usual and not chosen


def never_told() -> list[str]:
    """The ids of the rules that no test has made the program tell, so far."""
    return [rule.id for rule in RULES if rule.id not in RULES_TOLD and rule.id not in UNTOLD]
