"""`status`: how each connection does. Sends only GETs."""

from __future__ import annotations

from reconciler.jobs.status import FleetStatus, read_status
from reconciler.operations.console import Console
from reconciler.operations.loading import load_tenants
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import open_project_ledger
from reconciler.operations.session import connected
from reconciler.project.selection import Selection


def status(project: OpenProject, console: Console, selection: Selection) -> FleetStatus:
    """The last jobs of every connection of the selected tenants, worst first."""
    loaded = load_tenants(project, selection, console)
    with connected(project) as session, open_project_ledger(project) as ledger:
        return read_status(session.client, loaded.tenants, ledger.of_tenant)
