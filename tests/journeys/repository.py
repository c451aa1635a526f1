"""A project under git, for tests of what a branch changes."""

from __future__ import annotations

import subprocess

from tests.journeys.manifests import acme
from tests.support import Project

TENANTS = ("acme", "globex", "initech")


class Repository:
    """A project under git, with three plain tenants committed on main, and a branch checked out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.git("init", "--quiet", "--initial-branch", "main")
        project.write(".gitignore", ".reconciler/\n")
        for name in TENANTS:
            self.tenant(name)
        self.commit()
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
        command = ["git", *identity, *arguments]
        folder = self.project.folder
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")

    def commit_on_main(self) -> None:
        """Commits to main what lies in the folder, and goes on with a branch from there."""
        self.git("switch", "--quiet", "main")
        self.commit()
        self.git("switch", "--quiet", "-C", "change")

    def tenant(self, name: str, **changes: object) -> None:
        workspace = {"name": name.title()}
        content = {**acme(), "tenant": name, "workspace": workspace, **changes}
        self.project.tenant(content, name)
