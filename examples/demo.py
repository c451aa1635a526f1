"""The main job on these examples, from validation to a repaired drift; `make demo` runs it.

Everything happens against the embedded sandbox, in `.reconciler/` beside this file.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import requests

from reconciler.sandbox.server.serving import Settings, running

HERE = Path(__file__).parent
STATE = HERE / ".reconciler"
DATABASE = STATE / "sandbox.db"
RECONCILER = [sys.executable, "-m", "reconciler", "--env", "sandbox"]


def main() -> None:
    """Runs each step and stops at the first whose exit code is not the one it should have."""
    shutil.rmtree(STATE, ignore_errors=True)
    environ = {**os.environ, **demo_env(HERE / "demo.env")}

    say("Are the manifests right? (no network)")
    run(environ, 0, "validate")
    say("What would it take to build all of this? (nothing is changed)")
    run(environ, 2, "plan", "--detailed-exitcode")
    say("Build it.")
    run(environ, 0, "apply", "--auto-approve")
    say("And now? There should be nothing left to do.")
    run(environ, 0, "plan", "--detailed-exitcode")
    say("Somebody edits a schedule and deletes a connection, behind the tool's back.")
    edit_behind_the_back()
    run(environ, 2, "plan", "--detailed-exitcode")
    say("Repair it.")
    run(environ, 0, "apply", "--auto-approve")
    run(environ, 0, "plan", "--detailed-exitcode")


def say(text: str) -> None:
    print(f"\n# {text}", flush=True)


def run(environ: dict[str, str], expected: int, *arguments: str) -> None:
    """Runs the program as a person would, and exits when it ends otherwise than expected."""
    print(f"$ reconciler --env sandbox {shlex.join(arguments)}", flush=True)
    done = subprocess.run([*RECONCILER, *arguments], cwd=HERE, env=environ, check=False)
    if done.returncode != expected:
        sys.exit(f"demo: exit code {done.returncode} where {expected} was expected")


def edit_behind_the_back() -> None:
    """Uses the API itself, as the UI or a colleague would."""
    settings = Settings(database=DATABASE)
    with running(settings) as sandbox:
        credentials = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        token = requests.post(f"{sandbox.url}/applications/token", json=credentials, timeout=10)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        rows = session.get(f"{sandbox.url}/connections?limit=100", timeout=10).json()["data"]
        edited, deleted = sorted(rows, key=lambda row: (row["name"], row["connectionId"]))[:2]
        path = f"{sandbox.url}/connections"
        schedule = {"scheduleType": "cron", "cronExpression": "0 30 4 * * ?"}
        session.patch(
            f"{path}/{edited['connectionId']}", json={"schedule": schedule}, timeout=10
        ).raise_for_status()
        session.delete(f"{path}/{deleted['connectionId']}", timeout=10).raise_for_status()


def demo_env(file: Path) -> dict[str, str]:
    """The variables of a file of NAME=value lines, values quoted as a shell takes them."""
    words = shlex.split(file.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


if __name__ == "__main__":
    main()
