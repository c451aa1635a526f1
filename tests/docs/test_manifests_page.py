"""docs/manifests.md: its examples are a valid project, and no key of the format is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT, Project

PAGE = (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8")
SCHEMAS = (
    "tenant",
    "workspace",
    "source",
    "destination",
    "connection",
    "definition",
    "permission",
    "oauthCredentials",
    "template",
    "tenant-set",
)


@pytest.fixture
def documented(tmp_path: Path) -> Project:
    """The project that the examples of the page make together."""
    project = Project(tmp_path, "unused")
    for file, text in re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        project.write(file, text)
    return project


def test_the_examples_of_the_page_are_a_valid_project(documented: Project) -> None:
    result = documented.run("validate")
    assert result.exit_code == 0, result.output
    assert "Valid: 6 tenants" in result.stdout


def test_the_output_that_the_page_shows_is_printed(documented: Project) -> None:
    (shown,) = re.findall(r"^\$ reconciler (render .*)\n((?:.+\n)+?)```", PAGE, re.MULTILINE)
    arguments, output = shown
    assert documented.run(*arguments.split()).stdout.startswith(output)


@pytest.mark.parametrize("schema", [*SCHEMAS, "project"])
def test_every_key_of_the_format_is_on_the_page(schema: str) -> None:
    text = (ROOT / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
    missing = [
        key
        for key in _properties(json.loads(text))
        if not re.search(rf"(?<![\w-]){re.escape(key)}(:|`|[,\]])", PAGE)
    ]
    assert missing == []


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from _properties(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _properties(item)
