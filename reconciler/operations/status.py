"""`status`: how each connection does. Sends only GETs."""

from __future__ import annotations

from reconciler.jobs.status import FleetStatus, read_status
from reconciler.operations.console import Console
from reconciler.operations.loading import load_tenants
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import remembered
from reconciler.operations.session import connected
from reconciler.project.selection import Selection


def status(project: OpenProject, console: Console, selection: Selection) -> FleetStatus:
    """The last jobs of every connection of the selected tenants, worst first."""
    loaded = load_tenants(project, selection, console)
    with connected(project) as session, remembered(project) as recall:
        return read_status(session.client, loaded.tenants, lambda tenant: recall(tenant).resources)
