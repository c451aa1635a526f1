"""Every operation of the API."""

from __future__ import annotations

from reconciler.sandbox.api import (
    actors,
    applications,
    connections,
    definitions,
    discovery,
    jobs,
    organizations,
    permissions,
    regions,
    tags,
    unavailable,
    users,
    workspaces,
)
from reconciler.sandbox.core.routing import Route

ROUTES: tuple[Route, ...] = (
    *workspaces.ROUTES,
    *actors.ROUTES,
    *connections.ROUTES,
    *discovery.ROUTES,
    *jobs.ROUTES,
    *tags.ROUTES,
    *definitions.ROUTES,
    *permissions.ROUTES,
    *organizations.ROUTES,
    *users.ROUTES,
    *regions.ROUTES,
    *applications.ROUTES,
    *unavailable.ROUTES,
)
