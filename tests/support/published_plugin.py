"""Every answer of every sandbox that a test starts in this process is held against the API.

The description is not part of this repository. Where it is not at hand nothing is checked, and the
end of the run says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from reconciler.sandbox.server import serving
from tests.support.published import DESCRIPTION, Description, Witness

_ANSWERS = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def description() -> Description:
    """The published description of the API, where it is at hand."""
    if not DESCRIPTION.exists():
        pytest.skip(f"Airbyte's description is not here: no {DESCRIPTION}")
    return Description()


@pytest.fixture(scope="session")
def witness(request: pytest.FixtureRequest) -> Iterator[Witness | None]:
    """Observes every sandbox of the run, the ones that the program starts by itself too."""
    if not DESCRIPTION.exists():
        yield None
        return
    witness = Witness(Description())
    prepared = serving._prepared

    def watched(settings: serving.Settings) -> AbstractContextManager[Any]:
        return prepared(settings if settings.observe else replace(settings, observe=witness))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "_prepared", watched)
        yield witness
    request.config.stash[_ANSWERS] = witness.answers


@pytest.fixture(autouse=True)
def answers_keep_to_the_description(witness: Witness | None) -> Iterator[None]:
    """Fails the test in which a sandbox answered what the API cannot answer."""
    before = len(witness.faults) if witness else 0
    yield
    faults = witness.faults[before:] if witness else []
    if faults:
        pytest.fail("\n".join(["an answer is not as the API describes it", *faults[:10]]), False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tells the number of answers to the process that reports, when tests run in several."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["answers"] = session.config.stash.get(_ANSWERS, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    stash = node.config.stash
    told = getattr(node, "workeroutput", {}).get("answers", 0)
    stash[_ANSWERS] = stash.get(_ANSWERS, 0) + told


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not DESCRIPTION.exists():
        said = "answers of the sandbox were NOT checked: there is no ../shared/airbyte/openapi.yaml"
    else:
        answers = config.stash.get(_ANSWERS, 0)
        said = f"{answers:,} answers of the sandbox held against Airbyte's published description"
    terminalreporter.write_line(said)
