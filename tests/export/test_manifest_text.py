"""What is written as YAML reads back as the same values, by our reader and by another."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.export.manifest_text import render_manifest
from reconciler.export.page import Page
from reconciler.manifest.reader import read_text

TRICKY = [
    *("on", "no", "~", "2024-01-01", "12:30:45", "0x1F", "1_000", "=", "<<", "#x", "null", "1e3"),
    *(
        "",
        " ",
        "- a",
        "a: b",
        "a #b",
        "{a}",
        "|",
        ">-",
        "@a",
        "`b",
        "!c",
        "%d",
        "-",
        "${{ secrets.A }}",
    ),
    *("a\nb", "a\n\nb\n", "\ta", "a\n b", "true\n", "a\n\n", "\n", "a \nb"),
    *("é", "株式会社", "a\u2028b", "\x85", "\ufeff", "x" * 200),
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(TRICKY)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = texts | st.booleans() | st.none() | numbers
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(value=st.dictionaries(texts, values, min_size=1, max_size=4))
@example(value={"a": {"b": {"c": {"d": "x" * 120, "e": ["y" * 99, "z\nz\n"]}}}})
@example(value={"a": [["x" * 60, "y" * 60], [{"k": "v" * 100, "w": [{"q": "1" * 100}]}]]})
def test_whatever_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    text = render_manifest(Page(value))
    assert read_text(text, "x.yaml").value == value
    lines = text.splitlines()
    assert all(line == line.rstrip() or "|" in text for line in lines)


@settings(max_examples=40)
@given(value=st.dictionaries(texts, texts | st.booleans() | st.integers(), min_size=1, max_size=6))
def test_other_readers_of_yaml_read_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(render_manifest(Page(value))) == value


@pytest.mark.parametrize("key", ["x", "con"])
def test_comments_stand_before_what_they_are_about(key: str) -> None:
    page = Page(
        {"version": 1, "sources": {key: {"type": "faker", "name": "F"}}},
        head="Exported.",
        comments={
            ("sources", key): ("Mind this.",),
            ("sources", key, "zone"): ("zone: not managed.",),
        },
    )
    assert render_manifest(page) == (
        "# Exported.\n\nversion: 1\n\nsources:\n"
        f"  # Mind this.\n  {key}:\n    type: faker\n    name: F\n    # zone: not managed.\n"
    )


def test_a_mapping_of_which_only_comments_are_left_is_no_null() -> None:
    value = {"configuration": {"options": {}, "count": 3}}
    at = ("configuration", "options", "code")
    text = render_manifest(Page(value, comments={at: ("code: not managed.",)}))
    assert "code: not managed" in text
    assert yaml.safe_load(text) == value
