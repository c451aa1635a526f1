"""What a provider of secrets gives, to the last character."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import Origin, SecretName
from reconciler.project.project import SecretsSource
from reconciler.secrets.providers import Secrets, secrets_of

ORIGIN = Origin("reconciler.yaml", 1, 1)


def in_file(folder: Path, content: Any) -> Secrets:
    """The secrets of a file with that content."""
    file = folder / "secrets.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return secrets_of(SecretsSource("file", folder, ORIGIN, path=file), {})


def printed(folder: Path, text: str) -> str | None:
    """The secret of a command that prints *text*."""
    argv = (sys.executable, "-c", f"import sys; sys.stdout.write({text!r})")
    source = SecretsSource("command", folder, ORIGIN, argv=argv)
    return secrets_of(source, {})(SecretName("PW"))


def test_an_empty_value_counts_as_missing() -> None:
    secrets = secrets_of(SecretsSource("environment", Path(), ORIGIN), {"PW": ""})
    assert secrets(SecretName("PW")) is None
    assert secrets(SecretName("PW", "fallback")) == "fallback"


def test_a_whole_number_in_a_file_is_its_digits_and_a_truth_value_is_no_secret(
    tmp_path: Path,
) -> None:
    secrets = in_file(tmp_path, {"PIN": 1234, "FLAG": True})
    assert secrets(SecretName("PIN")) == "1234"
    assert secrets(SecretName("FLAG")) is None


def test_a_dotted_name_is_found_wherever_its_dots_are_steps(tmp_path: Path) -> None:
    secrets = in_file(tmp_path, {"a": {"x": "1"}, "a.b": {"c": "2"}})
    assert secrets(SecretName("a.x")) == "1"
    assert secrets(SecretName("a.b.c")) == "2"


@pytest.mark.parametrize(
    ("text", "value"),
    [("pw", "pw"), ("pw\n", "pw"), ("pw\r\n", "pw"), ("pw\n\n", "pw\n"), (" pw ", " pw ")],
)
def test_a_command_gives_what_it_prints_without_the_last_line_break(
    tmp_path: Path, text: str, value: str
) -> None:
    assert printed(tmp_path, text) == value
