"""What an export costs: python -m benchmarks.export [--tenants 1000]

Exports a fleet of 18 objects a tenant from a sandbox in a process of its own. Requests are held
against the bar of the lists; CPU is that of the exporting process alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

SANDBOX = (sys.executable, "-m", "reconciler", "sandbox")
CPU_BAR_S = 20.0
LISTS = ("workspaces", "sources", "destinations", "connections")
PROJECT = """\
version: 1
defaultEnvironment: bench
environments: {bench: {url: "%s", clientId: sandbox-client, clientSecret: sandbox-secret}}
"""


def bar(rows: Counter[str]) -> float:
    """The most requests that the lists of so many rows may cost."""
    return 1.25 * sum(math.ceil(rows[name] / 100) for name in LISTS) + 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    count = parser.parse_args().tenants
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "sandbox.db"
        seed = [*SANDBOX, "seed", "--tenants", str(count), "--db", str(database)]
        subprocess.run(seed, check=True, stdout=subprocess.DEVNULL)
        serve = [*SANDBOX, "serve", "--port", "0", "--db", str(database)]
        server = subprocess.Popen(
            serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            measure(folder, _address(server))
        finally:
            server.terminate()
            server.wait()


def _address(server: subprocess.Popen[str]) -> str:
    """The address that the sandbox says it listens at."""
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found[0]
    raise SystemExit("the sandbox did not start")


def measure(folder: Path, address: str) -> None:
    """Runs the export and prints what it cost beside the bars."""
    text = PROJECT % f"{address}/api/public/v1"
    (folder / "reconciler.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "reconciler", "export", "--all"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with urlopen(f"{address}/_sandbox/requests") as answer:
        log = json.load(answer)["data"]
    lists = Counter(entry["path"].rsplit("/", 1)[-1] for entry in log if entry["method"] == "GET")
    rows = _rows(folder)
    print(done.stdout.splitlines()[0])
    print(f"requests {sum(lists.values())} (bar {bar(rows):.0f}): {dict(lists)}; rows {dict(rows)}")
    print(f"CPU {cpu:.1f} s (bar {CPU_BAR_S:.0f} s), wall {wall:.1f} s, memory {_peak_mb():.0f} MB")


def _rows(folder: Path) -> Counter[str]:
    """How many objects of each kind were exported."""
    import yaml

    rows: Counter[str] = Counter()
    for file in (folder / "tenants").glob("*.yaml"):
        value = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
        rows["workspaces"] += 1
        rows["destinations"] += len(
            value.get("destinations", "x" if "destination" in value else "")
        )
        for section in ("sources", "connections"):
            rows[section] += len(value.get(section, ()))
    return rows


def _peak_mb() -> float:
    scale = 1024 if os.uname().sysname == "Darwin" else 1
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 / scale


if __name__ == "__main__":
    main()
