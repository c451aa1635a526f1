"""kill -9 inside a replacement, where two objects of one name may stand side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.manifests import ENVIRON, acme, moved
from tests.journeys.survival.harness import BOUNDARIES, Kill, Tool
from tests.journeys.survival.proxy import Arrival, Harm, proxying
from tests.support import Api, Project

pytestmark = pytest.mark.xdist_group("replace")

ALLOWED = ("apply", "--auto-approve", "--allow-replace", "*")


class KillAt(Kill):
    """Kills the tool at one boundary of the first request of a method on a collection."""

    def __init__(self, tool: Tool, method: str, collection: str, boundary: str) -> None:
        super().__init__(tool, -1, boundary)
        self._method, self._collection = method, collection

    def arrived(self, arrival: Arrival) -> None:
        fits = arrival.method == self._method and arrival.path.startswith(self._collection)
        if fits and self._number < 0:
            self._number = arrival.number
        super().arrived(arrival)


@pytest.mark.parametrize(
    ("replaced", "method", "boundary"),
    [
        *(("/connections", "POST", boundary) for boundary in BOUNDARIES),
        ("/connections", "DELETE", "arrived"),
        ("/sources", "DELETE", "arrived"),
    ],
)
def test_a_replacement_that_was_killed_is_finished_by_the_next_run(
    tool: Tool, sandbox: Sandbox, tmp_path: Path, replaced: str, method: str, boundary: str
) -> None:
    api = Api(sandbox)
    folder = tmp_path / "replacing"
    folder.mkdir()
    with proxying(sandbox.url) as proxy:
        project = Project(folder, proxy.url, dict(ENVIRON))
        project.tenant(acme())
        code, output = tool.run(project, "apply", "--auto-approve")
        assert code == 0, output
        project.tenant(moved() if replaced == "/connections" else other_connector())
        harm = KillAt(tool, method, replaced, boundary)
        proxy.inflict(harm)
        tool.run(project, *ALLOWED)
        assert harm.struck
        proxy.inflict(Harm())
        code, output = tool.run(project, *ALLOWED)
        assert code == 0, output
        code, output = tool.run(project, "plan", "--detailed-exitcode")
        assert code == 0, output
        assert len(api.rows("connections")) == 1
        assert len(api.rows("sources")) == 1


def other_connector() -> dict[str, object]:
    """Acme with another connector in the place of its source."""
    return acme(
        sources={"stripe": {"type": "faker", "configuration": {"count": 10}}},
        connections={"stripe": {"streams": [{"name": "users"}]}},
    )
