"""Restore manifests: written before an apply deletes anything."""

from __future__ import annotations

from reconciler import connectors
from reconciler.errors import UsageError
from reconciler.export.restore import restore_page
from reconciler.export.secret_names import SecretNames
from reconciler.export.tenant import Style
from reconciler.manifest.project import Project
from reconciler.plan.model import Plan
from reconciler.render.manifest import render_manifest

FOLDER = "restore"


def write_restore_manifests(plan: Plan, project: Project, run_id: str) -> str:
    """Writes what is about to go, a file a tenant; the folder, empty when nothing goes.

    Raises UsageError when that cannot be: then nothing may be deleted.
    """
    style = Style(catalogue=connectors.bundled(), secrets=SecretNames(), is_full=True)
    pages = {t.tenant: restore_page(t, style) for t in plan.tenants if t.may_be_applied}
    texts = {tenant: render_manifest(page) for tenant, page in pages.items() if page}
    if not texts or plan.refusals:
        return ""
    folder = project.state_folder / FOLDER / run_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for tenant, text in texts.items():
            (folder / f"{tenant}.yaml").write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"a restore manifest cannot be written: {problem.strerror or problem}",
            f"Nothing was deleted. Make {folder} writable.",
        ) from problem
    return str(folder)
