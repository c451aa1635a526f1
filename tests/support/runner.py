"""A runner of CI jobs, as far as shell steps need one: what GitHub and GitLab do around `run:`.

Steps that use an action are passed over, since nothing can be fetched; what they would do is said
by the test. The same with `pip install`: the program is installed already.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PACKAGE = "a package that somebody trusts"
STUBS = {
    "pip": 'echo "pip $*" >> "$STUB_LOG"',
    "apt-get": 'echo "apt-get $*" >> "$STUB_LOG"',
    # Enough of GitHub's own program for one issue, whose text is a file.
    "gh": """\
echo "gh $1 $2" >> "$STUB_LOG"
[ -n "$GH_TOKEN" ] && [ -n "$GH_REPO" ] || exit 4
case "$1 $2" in
  "issue list") if [ -e "$STUB_LOG.issue" ]; then echo 7; fi ;;
  "issue create") cp "${@: -1}" "$STUB_LOG.issue" ;;
  "issue edit") [ "$3" = 7 ] && cp "${@: -1}" "$STUB_LOG.issue" ;;
  "issue close") [ "$3" = 7 ] && rm "$STUB_LOG.issue" ;;
  *) exit 2 ;;
esac
""",
}


@dataclass
class Runner:
    """A machine with a work tree: where jobs run, and what is in their environment."""

    folder: Path
    tree: Path
    environ: dict[str, str]
    context: dict[str, str] = field(default_factory=dict)
    """What expressions may ask for: `secrets.X`, `github.token`, `inputs.command`."""

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        for name, text in STUBS.items():
            stub = programs / name
            stub.write_text(f"#!/usr/bin/env bash\n{text}\n", encoding="utf-8")
            stub.chmod(0o755)
        own = Path(sys.executable).parent
        self.environ = {
            "PATH": f"{programs}{os.pathsep}{own}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "RUNNER_TEMP": str(self.folder),
            "RECONCILER": PACKAGE,
            "STUB_LOG": str(self.folder / "stubs.log"),
            **self.environ,
        }

    @property
    def summary(self) -> str:
        """What the job's summary shows."""
        return self._file("GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")

    @property
    def stubs(self) -> list[str]:
        """What the stand-ins were asked."""
        return (self.folder / "stubs.log").read_text(encoding="utf-8").splitlines()

    @property
    def issue(self) -> str | None:
        """The text of the one issue, if it is open."""
        file = self.folder / "stubs.log.issue"
        return file.read_text(encoding="utf-8") if file.exists() else None

    def github(
        self, steps: list[dict[str, Any]], env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs steps until one fails; the last one that ran, with the output of all."""
        self._file("GITHUB_STEP_SUMMARY").write_text("", encoding="utf-8")
        done = None
        output = ""
        for step in steps:
            if "run" not in step or not self._wanted(step.get("if", "")):
                continue
            self._file("GITHUB_OUTPUT").write_text("", encoding="utf-8")
            variables = {**(env or {}), **step.get("env", {})}
            done = self._bash(self._filled(step["run"]), self._all_filled(variables))
            output += done.stdout
            for name, value in self._outputs():
                self.context[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode:
                break
        assert done is not None, "no step was wanted"
        done.stdout = output
        return done

    def gitlab(self, text: str, job: str) -> subprocess.CompletedProcess[str]:
        """Runs a job's scripts, in one shell as GitLab's runner does."""
        document = yaml.safe_load(text)
        wanted = document[job]
        before = wanted.get("before_script", document["default"]["before_script"])
        return self._bash("\n".join([*before, *wanted["script"]]), {})

    def _bash(self, script: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        files = {name: str(self._file(name)) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.tree,
            env={**self.environ, **files, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=120,
        )

    def _file(self, name: str) -> Path:
        return self.folder / name.lower()

    def _outputs(self) -> Iterator[tuple[str, str]]:
        for line in self._file("GITHUB_OUTPUT").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            yield name, value

    def _filled(self, text: str) -> str:
        """*text* with its expressions; one that asks for anything unknown fails the test."""
        return EXPRESSION.sub(lambda match: self.context[match[1]], text)

    def _all_filled(self, env: Mapping[str, Any]) -> dict[str, str]:
        return {name: self._filled(str(value)) for name, value in env.items()}

    def _wanted(self, condition: str) -> bool:
        """Whether an `if:` holds; only of the form that our workflows use."""
        if not condition:
            return True
        found = re.fullmatch(r"([\w.]+) == '(\w+)'", condition)
        assert found, condition
        return self.context[found[1]] == found[2]
