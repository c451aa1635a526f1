"""Plans as Markdown: whole, and composed by rank where they have to fit a comment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.plan.file import Place
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.summary import count_actions
from reconciler.render.parts.pieces import MAX_CHARS, MIN_CHARS, Piece, Rank
from reconciler.render.plan.groups import outline
from reconciler.render.plan.lines import Look
from reconciler.render.plan.markdown import (
    Colophon,
    fitted_plan,
    markdown_pieces,
    render_plan_markdown,
)
from tests.render.plans import (
    HOSTILE,
    PLANTED,
    TYPES,
    based,
    everything,
    hostile,
    new_tenant,
    rescheduled,
)

Golden = Callable[[str, str], None]
PLACE = Place("production", "https://api.airbyte.test/v1")
LOOK = Look(names=TYPES)
COLOPHON = Colophon(
    commit="0123456789abcdef0123456789abcdef01234567",
    taken_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    digest=f"sha256:{'0123456789abcdef' * 4}",
    command="reconciler --env production plan --base origin/main",
    page="plan.html",
)


def test_a_plan_with_everything_as_markdown(golden: Golden) -> None:
    golden("plan-markdown", render_plan_markdown(everything(), PLACE, LOOK, colophon=COLOPHON))


def test_a_plan_beside_a_base_as_markdown(golden: Golden) -> None:
    golden("plan-base-markdown", render_plan_markdown(based(), PLACE, LOOK, colophon=COLOPHON))


def test_nothing_to_do_is_one_sentence() -> None:
    text = render_plan_markdown(Plan(()), PLACE, LOOK)
    assert text == (
        "### Plan for <code>production</code>\n\nNo changes: everything matches its manifests.\n"
    )


def test_names_are_nothing_but_text() -> None:
    long = HOSTILE * 20
    named = replace(COLOPHON, commit=long, command=long, page=long)
    plan = hostile()
    assert plan.base
    plan = replace(plan, base=replace(plan.base, revision=long))
    place = Place(long, "https://x.test")
    text = render_plan_markdown(plan, place, LOOK, colophon=named, limit=MIN_CHARS)
    assert len(text) <= MIN_CHARS
    assert all(c.isprintable() or c == "\n" for c in text)
    outside = re.sub(r"(?ms)^(`{3,})diff\n.*?^\1$", "", text)
    outside = re.sub(r"<code>[^<>`|]*</code>", "", outside)
    assert "img" not in outside
    assert "javascript" not in outside


def test_no_secret_is_in_it() -> None:
    assert PLANTED not in render_plan_markdown(everything(), PLACE, Look(details=True))


def test_parts_are_in_the_order_of_what_a_reviewer_must_see() -> None:
    by_rank: dict[Rank, list[str]] = {}
    for piece in markdown_pieces(everything(), PLACE, LOOK):
        by_rank.setdefault(piece.rank, []).append(piece.text)
    assert any("replacement refused" in text for text in by_rank[Rank.REFUSED])
    assert any("sync state lost" in text for text in by_rank[Rank.DELETED])
    assert any("Same change on 7 tenants" in text for text in by_rank[Rank.GROUPED])
    assert any("zenith" in text for text in by_rank[Rank.SINGLE])
    text = render_plan_markdown(everything(), PLACE, LOOK)
    places = [text.index(part) for rank in sorted(by_rank) for part in by_rank[rank]]
    assert places == sorted(places)


def test_a_template_edit_over_thousands_of_tenants_fits_one_screen() -> None:
    edited = [rescheduled(f"customer-{number:04}") for number in range(4_000)]
    odd = rescheduled("zenith", after="0 0 5 * * ?")
    text = render_plan_markdown(Plan((*edited, odd)), PLACE, LOOK, colophon=COLOPHON)
    assert len(text.splitlines()) <= 40, text
    assert "Same change on 4,000 tenants (1 exception)" in text
    assert "room" not in text


def test_so_does_an_edit_of_what_each_tenant_has_its_own_value_in() -> None:
    own = [rescheduled(f"customer-{n:04}", f"0 {n % 60} 3 * * ?") for n in range(4_000)]
    text = render_plan_markdown(Plan(tuple(own)), PLACE, LOOK, colophon=COLOPHON)
    assert len(text.splitlines()) <= 40, text
    assert "Similar change on 4,000 tenants" in text
    assert "with its own schedule.cronExpression on each; this is customer-0000's" in text


def test_what_does_not_fit_is_counted_and_points_to_the_page() -> None:
    tenants = [rescheduled(f"t{n:04}", connection=f"c{n}") for n in range(3_000)]
    plan = Plan((*tenants, *everything().tenants))
    text = render_plan_markdown(plan, PLACE, LOOK, colophon=COLOPHON, limit=MAX_CHARS)
    assert len(text) <= MAX_CHARS
    (said,) = re.findall(r"Not shown in full, for lack of room:\*\* (.*)", text)
    assert re.fullmatch(r"\d,\d\d\d to update, .*<code>plan.html</code> has everything\.", said)
    assert "replacement refused" in text, "what matters most is there"
    assert text.endswith("</sub>\n"), "the foot is always there"


def _tenant(number: int, kind: str) -> TenantPlan:
    name = f"tenant-{number:03}"
    if kind == "new":
        return new_tenant(name)
    if kind in ("acme", "refused", "unreadable"):
        (found,) = (each for each in everything().tenants if each.tenant == kind)
        return found
    if kind == "alone":
        return rescheduled(name, connection=name)
    return rescheduled(name, after="0 0 3 * * ?" if kind == "alike" else f"0 {number} 9 * * ?")


KINDS = ("alike", "own", "alone", "new", "acme", "refused", "unreadable")


def _plan(kinds: Sequence[str]) -> Plan:
    tenants = [_tenant(number, kind) for number, kind in enumerate(kinds)]
    return Plan(tuple({tenant.tenant: tenant for tenant in tenants}.values()))


PLANS = st.lists(st.sampled_from(KINDS), max_size=120).map(_plan)


@given(PLANS, st.integers(MIN_CHARS, 30_000))
@settings(max_examples=60)
def test_it_fits_nothing_is_cut_and_the_counts_add_up(plan: Plan, limit: int) -> None:
    made = fitted_plan(plan, PLACE, LOOK, colophon=COLOPHON, limit=limit)
    assert len(made.text) <= limit
    assert all(piece.text in made.text for piece in made.shown)
    assert all(piece.brief in made.text for piece in made.in_short)
    assert all(piece.text not in made.text for piece in (*made.in_short, *made.left_out))
    everything_counted = _counts([*made.shown, *made.in_short, *made.left_out])
    rows = count_actions(row.operation for row in outline(plan, TYPES).rows)
    assert {f"to {verb}": n for verb, n in rows.items() if n} == {
        what: n for what, n in everything_counted.items() if what.startswith("to ")
    }
    said = re.findall(r"lack of room:\*\* (.*?)(?:, in [\d,]+ tenants?)?\. <code>", made.text)
    told = [part.replace(",", "").partition(" ") for part in re.split(r", (?=\d)", "".join(said))]
    assert Counter({what: int(n) for n, _, what in told if n}) == _counts(
        [*made.in_short, *made.left_out]
    )


def _counts(pieces: Sequence[Piece]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update({what: n for what, n in piece.counts.items() if n})
    return counts
