"""The layers of the code: who may import whom. Parses every import of the package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "reconciler"

# module prefix → what of ours it may import; the longest prefix that fits a module counts.
LAYERS: dict[str, tuple[str, ...]] = {
    "model": (),
    "rules": ("rules",),
    "errors": ("model", "rules"),
    "changes": ("model",),
    "consequences": (),
    "plan.graph": (),
    "sandbox": ("sandbox",),
    "wording": ("model",),
    "connectors": ("connectors", "wording", "model", "errors", "rules"),
    "api": ("api", "errors", "model", "__version__"),
    "kinds": ("kinds", "changes", "consequences", "connectors", "errors", "model"),
    "manifest": ("manifest", "wording", "errors", "rules", "model"),
    "editor_schema": ("manifest", "connectors", "errors", "model"),
    "selection": ("manifest", "errors", "model"),
    "secrets": ("manifest", "model", "errors"),
    "ledger": ("ledger", "errors", "model"),
    "lifecycle": ("model",),
    "desired": ("manifest", "kinds", "connectors", "errors", "lifecycle", "model"),
    "changed": ("model",),
    "git": ("errors",),
    "readings": ("selection", "manifest", "errors", "model"),
    "fleet": (
        "readings",
        "changed",
        "desired",
        "selection",
        "manifest",
        "connectors",
        "errors",
        "model",
    ),
    "identity": ("kinds", "errors", "model"),
    "live": ("identity", "api", "kinds", "errors", "model"),
    "survey": ("live", "identity", "api", "kinds", "errors", "model"),
    "export": ("export", "manifest.schema", "kinds", "connectors", "errors", "model", "rules"),
    "export.restore": ("export", "plan.model", "kinds", "model"),
    "exporting": ("survey", "export", "kinds", "api", "errors"),
    "adopting": ("live", "api", "kinds", "errors", "model"),
    "merging": ("plan.file", "plan.record", "errors", "model"),
    "commenting": ("api.forges", "errors"),
    "job_history": ("live", "api.client", "errors", "model"),
    "jobs": ("job_history", "live", "api.client", "kinds", "errors", "model"),
    "status": ("job_history", "live", "api.client", "kinds", "errors", "model"),
    "last_jobs": ("job_history", "api.client", "errors", "model"),
    "diff": ("changes", "model"),
    "plan": ("plan", "diff", "changes", "consequences", "kinds", "rules", "errors", "model"),
    "drift": ("plan", "live", "api", "diff", "changes", "kinds", "errors", "model"),
    "retiring": ("model",),
    "redaction": (),
    "apply": (
        "apply",
        "plan",
        "identity",
        "ledger",
        "api",
        "kinds",
        "connectors",
        "errors",
        "model",
    ),
    "render.effective": (
        "render",
        "export.page",
        "manifest.provenance",
        "manifest.tenant",
        "model",
        "wording",
    ),
    "render": (
        "render",
        "api.usage",
        "apply.outcome",
        "adopting",
        "drift",
        "export.page",
        "job_history",
        "jobs",
        "ledger.ledger",
        "plan.file",
        "plan.model",
        "plan.record",
        "status",
        "diff",
        "changes",
        "consequences",
        "kinds",
        "connectors",
        "errors",
        "model",
        "rules",
        "__version__",
        "wording",
    ),
    "planning": ("plan", "changed", "last_jobs", "live", "api", "kinds", "errors", "model"),
    "waves": ("apply.outcome", "plan.model", "kinds", "model"),
    "soaking": ("jobs", "job_history", "live", "api.client", "errors"),
    "first_syncs": ("jobs", "apply.outcome", "plan.model", "kinds"),
    "pipeline": (
        "planning",
        "apply",
        "ledger",
        "plan",
        "diff",
        "live",
        "fleet",
        "desired",
        "selection",
        "secrets",
        "manifest",
        "kinds",
        "api",
        "connectors",
        "errors",
        "model",
    ),
    "cli": (
        "changed",
        "consequences",
        "cli",
        "fleet",
        "pipeline",
        "adopting",
        "commenting",
        "drift",
        "merging",
        "export",
        "exporting",
        "first_syncs",
        "jobs",
        "retiring",
        "render",
        "soaking",
        "status",
        "waves",
        "selection",
        "secrets",
        "connectors",
        "apply.journal",
        "apply.outcome",
        "apply.perform",
        "apply.run",
        "redaction",
        "api.client",
        "api.forges",
        "api.reading",
        "api.registry",
        "api.pacer",
        "api.retry",
        "api.transport",
        "api.usage",
        "ledger",
        "live",
        "manifest.discover",
        "manifest.project",
        "manifest.schema",
        "editor_schema",
        "plan.file",
        "plan.guards",
        "plan.memory",
        "plan.model",
        "plan.record",
        "errors",
        "model",
        "__version__",
    ),
    "cli.sandbox": ("cli", "sandbox", "errors", "__version__"),
    "cli.loading": (
        "cli",
        "api.usage",
        "changed",
        "fleet",
        "git",
        "render",
        "connectors",
        "selection",
        "manifest.project",
    ),
    "cli.plan_output": (
        "cli",
        "git",
        "render",
        "manifest.project",
        "plan.file",
        "plan.model",
        "errors",
        "model",
    ),
    "cli.session": (
        "cli",
        "redaction",
        "sandbox",
        "pipeline",
        "render",
        "api",
        "connectors",
        "selection",
        "manifest.project",
        "errors",
    ),
    "__main__": ("cli",),
    "__init__": (),
}

ONLY_IN = {
    "requests": ("api.transport", "api.registry"),
    "jsonschema_rs": ("connectors.fast", "manifest.schema", "sandbox"),
    "platformdirs": ("cli",),
    "deepdiff": ("diff",),
    "yaml": ("manifest.reader",),
    "starlette": ("sandbox",),
    "uvicorn": ("sandbox",),
    "sqlite3": ("ledger.store", "sandbox"),
    "click": ("cli",),
    "rich": ("cli.progress",),
    "fcntl": ("ledger.lock", "sandbox"),
}


def _modules() -> list[str]:
    files = sorted(PACKAGE.rglob("*.py"))
    return [".".join(f.relative_to(PACKAGE).with_suffix("").parts) for f in files]


def _imports(module: str) -> set[str]:
    """Everything *module* imports, absolute, with the names taken from a package spelt out."""
    tree = ast.parse((PACKAGE / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _fits(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("module", _modules())
def test_imports_point_down_only(module: str) -> None:
    layer = max((p for p in LAYERS if _fits(module.removesuffix(".__init__"), p)), key=len)
    for name in _imports(module):
        ours = name.removeprefix("reconciler.")
        if ours != name:
            assert any(_fits(ours, allowed) for allowed in LAYERS[layer]), (
                f"{module} (layer {layer}) imports {name}"
            )


@pytest.mark.parametrize(("library", "homes"), ONLY_IN.items())
def test_a_library_is_imported_in_its_one_place(library: str, homes: tuple[str, ...]) -> None:
    users = [m for m in _modules() if any(_fits(name, library) for name in _imports(m))]
    strays = [user for user in users if not any(_fits(user, home) for home in homes)]
    assert not strays, f"{library} belongs to {homes}, and is imported by {strays}"


def test_only_the_cli_prints_or_exits() -> None:
    for module in _modules():
        if _fits(module, "cli") or _fits(module, "sandbox"):
            continue
        text = (PACKAGE / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
        called = {
            node.func.id
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"print", "exit", "input"}, module
