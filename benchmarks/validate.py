"""Validation of a fleet against its floor, bare CSafeLoader over the same files, in one run.

Prints CPU seconds of both, their ratio, and the peak memory of validation.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.fleet import write_fleet

FLOOR = """
import pathlib, sys, yaml
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(file.read_bytes(), yaml.CSafeLoader)
"""
IDLE = "import sys, yaml, pathlib"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--shape", choices=["files", "set"], default="files")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_fleet(Path(folder), tenants=given.tenants, shape=given.shape)
        floor_s = cpu_s(sys.executable, "-c", FLOOR, folder) - cpu_s(sys.executable, "-c", IDLE)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        total_s = cpu_s(sys.executable, "-m", "reconciler", "--project", folder, "validate")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"{given.tenants} tenants as {given.shape}")
    print(f"  validate       {total_s:8.2f} s CPU")
    print(f"  CSafeLoader    {floor_s:8.2f} s CPU")
    print(f"  ratio          {total_s / floor_s:8.2f}")
    print(f"  peak memory    {max(peak, before) / 1024:8.0f} MB")


def cpu_s(*argv: str) -> float:
    """The CPU seconds that a program takes, user and system; what it prints is not shown."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
