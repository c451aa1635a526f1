"""A run of the tests itself: whatever happens inside a test, the run ends, fails and says where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

# The limits of pyproject.toml, only shorter.
LIMITS = ("-o", "timeout=1", "-o", "faulthandler_timeout=3")
PASSES = "def test_passes():\n    pass\n"


def run(*arguments: str) -> tuple[int, str]:
    """Runs pytest by our settings in a process of its own: its exit code, and all it printed."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout


def run_file(folder: Path, text: str, workers: int) -> tuple[int, str]:
    """Runs a file of tests in some workers."""
    file = folder / "test_one.py"
    file.write_text(text, encoding="utf-8")
    return run(str(file), f"--rootdir={folder}", "-n", str(workers), "--dist=loadgroup", *LIMITS)


def test_a_test_that_never_ends_fails_with_every_stack_and_the_others_run(tmp_path: Path) -> None:
    text = """\
import threading

def test_hangs():
    stuck = threading.Event()
    threading.Thread(target=stuck.wait, name="the-other", daemon=True).start()
    while True:
        pass

"""
    code, output = run_file(tmp_path, text + PASSES, workers=1)
    assert (code, "1 failed, 1 passed" in output) == (1, True), output
    assert "Stack of the-other" in output
    assert "while True:" in output


def test_a_process_that_python_cannot_interrupt_is_ended_and_so_is_the_run(tmp_path: Path) -> None:
    text = """\
import ctypes, signal

def test_hangs():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    ctypes.PyDLL(None).sleep(600)  # and no other thread may run meanwhile
"""
    code, output = run_file(tmp_path, text, workers=1)
    assert code not in (0, 5), output
    assert "in test_hangs" in output
    assert "crashed while running 'test_one.py::test_hangs'" in output


def test_a_worker_that_dies_fails_the_run_and_ends_it(tmp_path: Path) -> None:
    text = """\
import os, signal

import pytest

def test_dies():
    os.kill(os.getpid(), signal.SIGSEGV)

@pytest.mark.parametrize("number", range(50))
def test_is_one_of_many(number):
    pass
"""
    code, output = run_file(tmp_path, text, workers=2)
    assert code not in (0, 5), output
    assert "worker 'gw" in output
    assert "crashed while running 'test_one.py::test_dies'" in output


def test_a_run_needs_no_cache() -> None:
    code, output = run("tests/model/test_effects.py", "-p", "no:cacheprovider", "-n", "0")
    assert code == 0, output
