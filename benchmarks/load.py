"""Fills a sandbox's database with what a project declares: benchmarks/load.py PROJECT DATABASE.

Nothing is applied: the bodies that an apply would send go to `reconciler sandbox seed` as a file,
which carries them out in one transaction, without HTTP between.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.connectors import Catalogue, Connector, bundled
from reconciler.kinds import all_kinds
from reconciler.kinds.contract.terms import Reader
from reconciler.model import DesiredTenant, Json, Ref, ResourceKey, Secret
from reconciler.project.fleet import load
from reconciler.project.project import read_project
from reconciler.project.selection import Selection
from reconciler.sandbox.core import catalogue as sandbox_catalogue
from reconciler.sandbox.core.registry import Registry
from reconciler.sandbox.platform.streams import described


def load_sandbox(project: Path, database: Path) -> None:
    """Makes every resource that *project* declares exist in the sandbox of *database*."""
    connectors = bundled()
    tenants = load(read_project(project), Selection(), os.environ, connectors).tenants
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for tenant in tenants:
            file.writelines(json.dumps(line) + "\n" for line in _lines(tenant, connectors))
        file.flush()
        command = [sys.executable, "-m", "reconciler", "sandbox", "seed", file.name]
        subprocess.run([*command, "--db", str(database)], check=True, stdout=subprocess.DEVNULL)


def _lines(tenant: DesiredTenant, connectors: Catalogue) -> Iterator[Mapping[str, Json]]:
    """The creates of one tenant, each after what it refers to."""
    context = _Context(tenant, connectors)
    for kind in all_kinds():
        for key, resource in tenant.resources.items():
            if key.kind == kind.name:
                body = kind.create_body(resource.spec, context)
                yield {"post": kind.collection, "body": body, "as": str(key)}


@dataclass(frozen=True, slots=True)
class _Context:
    """What a kind may ask while it builds a body; ids are names that the seed file gives."""

    tenant: DesiredTenant
    connectors: Catalogue
    organization_id: str = ""

    @property
    def reader(self) -> Reader:
        raise LookupError("nothing in the examples' fleet has to be looked up")

    @property
    def schema(self) -> Mapping[str, Json] | None:
        return None

    def id_of(self, ref: Ref) -> str:
        return f"@{ref.key(self.tenant.name)}"

    def secret(self, secret: Secret) -> str:
        return f"made-up-{secret}"

    def connector(self, role: str, definition_id: str) -> Connector | None:
        return self.connectors.defined_by(role, definition_id)

    def streams(self, source_id: str, destination_id: str) -> Sequence[Json]:  # noqa: ARG002
        """What a source of that connector has in the sandbox."""
        source = self.tenant.resources[ResourceKey.parse(source_id.removeprefix("@"))]
        definition = Registry(None).by_id("source", str(source.spec["definitionId"]))
        assert definition is not None, "the sandbox knows the connectors of the examples"
        found = sandbox_catalogue.parsed(sandbox_catalogue.text_of(definition))
        return [described(stream, ()) for stream in found]


if __name__ == "__main__":
    load_sandbox(Path(sys.argv[1]), Path(sys.argv[2]))
