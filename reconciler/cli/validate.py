"""`reconciler validate`: are the manifests right? Sends nothing."""

from __future__ import annotations

import click

from reconciler.cli import session
from reconciler.cli.selectors import selection, tenant_selection
from reconciler.cli.settings import Settings, global_options


@click.command()
@tenant_selection
@global_options
def validate(
    settings: Settings,
    tenants: tuple[str, ...],
    patterns: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
) -> None:
    """Check manifests without any network.

    Every mistake is reported with its file, line and column, all of them at once.

    \b
    Examples:
      reconciler validate
      reconciler validate acme tenants/globex.yaml
    """
    _, loaded = session.load(settings, selection(tenants, patterns, labels))
    resources = sum(len(tenant.resources) for tenant in loaded.tenants)
    settings.result(
        f"Valid: {_counted(len(loaded.tenants), 'tenant')}, {_counted(resources, 'resource')}."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
