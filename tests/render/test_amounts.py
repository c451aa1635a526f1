"""Sizes, durations and ages in words."""

from __future__ import annotations

import pytest

from reconciler.render.parts.amounts import age_text, duration_text, size_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59.9, "just now"),
        (60, "1 min ago"),
        (7_300, "2 h ago"),
        (9e7, "1,041 d ago"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_sizes_and_durations_read_as_people_say_them() -> None:
    assert [size_text(n) for n in (0, 999, 3_100_000, 5 * 10**15)] == [
        "0 B",
        "999 B",
        "3.1 MB",
        "5,000.0 TB",
    ]
    assert [duration_text(iso) for iso in ("PT1M3S", "PT0S", "")] == ["1m 3s", "0s", ""]
