"""Plans as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.plan.file import Place
from reconciler.plan.model import Plan
from reconciler.render.lines import Look
from reconciler.render.markdown import markdown_pieces, render_plan_markdown
from reconciler.render.pieces import Rank
from tests.render.plans import HOSTILE, PLANTED, TYPES, everything, hostile, rescheduled

PLACE = Place("production", "https://api.airbyte.test/v1")
LOOK = Look(names=TYPES)


def test_a_plan_with_everything_as_markdown(golden: Callable[[str, str], None]) -> None:
    golden("plan-markdown", render_plan_markdown(everything(), PLACE, LOOK))


def test_nothing_to_do_is_one_sentence() -> None:
    text = render_plan_markdown(Plan(()), PLACE, LOOK)
    assert text == (
        "### Plan for <code>production</code>\n\nNo changes: everything matches its manifests.\n"
    )


def test_names_are_nothing_but_text() -> None:
    text = render_plan_markdown(hostile(), Place(HOSTILE, "https://x.test"), LOOK)
    assert all(c.isprintable() or c == "\n" for c in text)
    outside = re.sub(r"(?ms)^(`{3,})diff\n.*?^\1$", "", text)
    outside = re.sub(r"<code>[^<>`|]*</code>", "", outside)
    assert "img" not in outside
    assert "javascript" not in outside


def test_no_secret_is_in_it() -> None:
    assert PLANTED not in render_plan_markdown(everything(), PLACE, Look(details=True))


def test_parts_have_ranks_by_what_is_worst_in_them() -> None:
    pieces = list(markdown_pieces(everything(), PLACE, LOOK))
    assert pieces[0].rank is Rank.SUMMARY
    by_rank = {rank: [p.text for p in pieces if p.rank is rank] for rank in Rank}
    assert any("refused" in text for text in by_rank[Rank.REFUSED])
    assert any("sync state lost" in text for text in by_rank[Rank.LOSS])
    assert any("Same change on 7 tenants" in text for text in by_rank[Rank.HARMLESS])
    assert sum(piece.size + 2 for piece in pieces) - 1 == len(
        render_plan_markdown(everything(), PLACE, LOOK)
    )


def test_a_group_of_thousands_is_one_short_part() -> None:
    plan = Plan(tuple(rescheduled(f"t{number:04}") for number in range(4_000)))
    assert len(render_plan_markdown(plan, PLACE, LOOK)) < 1_000
