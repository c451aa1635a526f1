"""`reconciler validate`: are the manifests right? Sends nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path as FilePath

import click

from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.loading import load_tenants, read_tenants
from reconciler.problems.errors import ManifestError
from reconciler.project import git
from reconciler.project.selection import Selection
from reconciler.render.parts.values import counted
from reconciler.render.reports.findings import FORMATS, Findings


@click.command()
@tenant_selection
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    help="How to report; all but text go to stdout whole.",
)
@global_options
def validate(settings: Settings, selection: Selection, form: str) -> None:
    """Check manifests without any network.

    Every mistake is reported with its file, line and column, all of them at once. The rules are
    explained in docs/rules.md; a comment `# reconciler: allow RULE reason` waives one at its line.

    \b
    Examples:
      reconciler validate
      reconciler validate acme tenants/globex.yaml
      reconciler validate --strict --format sarif > findings.sarif
    """
    if form == "text":
        loaded = load_tenants(settings.open_project(), selection, Terminal(settings))
        resources = sum(len(tenant.resources) for tenant in loaded.tenants)
        told = f"{counted(len(loaded.tenants), 'tenant')}, {counted(resources, 'resource')}"
        settings.result(f"Valid: {told}.")
        return
    findings = _findings(settings, selection)
    settings.result(FORMATS[form](replace(findings, inside=git.prefix(FilePath.cwd()))))
    sys.exit(ExitCode.DONE if findings.is_valid else ExitCode.FAILED)


def _findings(settings: Settings, selection: Selection) -> Findings:
    try:
        loaded = read_tenants(settings.open_project(), selection)
    except ManifestError as problem:
        return Findings(problem.problems)
    resources = sum(len(tenant.resources) for tenant in loaded.tenants)
    return Findings(loaded.warnings, len(loaded.tenants), resources)
