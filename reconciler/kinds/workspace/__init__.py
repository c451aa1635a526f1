"""Workspaces: what everything of a tenant lives in."""

from reconciler.kinds.workspace.workspace import KIND as KIND
