"""Restore manifests: what an apply deletes is written down before anything is deleted."""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from reconciler.export.manifest_text import render_manifest
from reconciler.export.restore import restore_page
from reconciler.export.secret_names import SecretNames
from reconciler.export.tenant import Style
from reconciler.manifest.discover import shown
from reconciler.operations.apply_run import ApplyRun
from reconciler.operations.news import RestoreKept
from reconciler.plan.model import Plan
from reconciler.problems.errors import UsageError

FOLDER = "restore"


def keep_what_goes(made: Plan, run: ApplyRun) -> None:
    """Writes a manifest for each tenant that loses something, and tells where.

    Raises UsageError when it cannot: then nothing is deleted.
    """
    style = Style(catalogue=run.surroundings.catalogue, secrets=SecretNames(), is_full=True)
    pages = {t.tenant: restore_page(t, style) for t in made.tenants if t.may_be_applied}
    texts = {tenant: render_manifest(page) for tenant, page in pages.items() if page}
    if not texts or made.refusals:
        return
    folder = run.state_folder / FOLDER / run.id
    for tenant, text in texts.items():
        _write(folder / f"{tenant}.yaml", text)
    run.console.tell(RestoreKept(folder))


def _write(file: FilePath, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # As private as the ledger: a configuration may hold what Airbyte does not take for secret.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as problem:
        raise UsageError(
            f"a restore manifest cannot be written: {problem.strerror or problem}",
            f"Nothing was deleted. Make {shown(file.parent)} writable.",
        ) from problem
