"""Plans as a page: opened in a real browser, searched, filtered, folded and drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.plan.file import Place
from reconciler.plan.model import Plan
from reconciler.render.plan.html import render_plan_html
from tests.render.plans import PLANTED, TYPES, based, everything, hostile, rescheduled
from tests.support.browser import Browser, browsing, chromium

PLACE = Place("production", "https://api.airbyte.test/v1")

Open = Callable[[Plan], Browser]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium here: install the package chromium to test the page")
    with browsing(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a plan; afterwards nothing may have gone wrong in it."""

    def open_(plan: Plan) -> Browser:
        file = tmp_path / "plan.html"
        file.write_text(render_plan_html(plan, PLACE, TYPES), encoding="utf-8")
        browser.open(file)
        return browser

    yield open_
    assert browser.problems == []
    assert [url for url in browser.requests if not url.startswith("file:")] == []


def names(browser: Browser) -> list[str]:
    return browser.texts("main > details > summary .name")


def test_the_page_of_a_plan_with_everything(golden: Callable[[str, str], None]) -> None:
    golden("plan-html", render_plan_html(everything(), PLACE, TYPES))


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = render_plan_html(everything(), PLACE, TYPES)
    assert not re.search(r"<(link|img|iframe|script[^>]*\ssrc)", page)
    assert "default-src 'none'" in page
    assert PLANTED not in page


def test_hostile_names_cannot_leave_the_data() -> None:
    page = render_plan_html(hostile(), PLACE, TYPES)
    assert page.count("</script>") == 2
    assert page.count("<img") == 0
    assert all(c.isprintable() or c == "\n" for c in page)


def test_everything_is_shown_what_went_wrong_first(opened: Open) -> None:
    page = opened(everything())
    assert page.texts("h1") == ["Plan for production"]
    assert names(page)[:4] == [
        "refused",
        "unreadable",
        "3 new tenants",
        "Same change on 7 tenants",
    ]
    assert page.texts(".tile.replace b") == ["1"]
    assert "sync state lost (1 resource)" in page.texts("#losses")[0]
    assert page.run("getComputedStyle(document.querySelector('.tile')).borderRadius") == "10px"


def test_a_search_narrows_rows_and_marks_what_it_found(opened: Open) -> None:
    page = opened(everything())
    page.type("#search", "new_")
    assert names(page) == ["acme"]
    assert page.texts("main mark") == ["new_"]
    page.type("#search", "there is no such text")
    assert names(page) == []
    assert page.texts("#count") == ["Nothing matches the filters."]
    page.click("#clear")
    assert len(names(page)) > 5


def test_tenant_action_and_consequence_filter(opened: Open) -> None:
    page = opened(everything())
    page.type("#tenant", "customer-03")
    assert names(page) == ["Same change on 7 tenants"]
    page.click("#clear")
    page.click('#verbs [data-value="delete"]')
    assert page.texts("main .row .key") == ['"live-1"']
    page.click('#verbs [data-value="delete"]')
    page.click('#effects [data-value="state-lost"]')
    assert page.texts("main .row .key") == ["moved"]
    page.click('#verbs [data-value="create"]')
    assert names(page) == []


def test_whose_doing_it_is_can_be_filtered(opened: Open) -> None:
    page = opened(based())
    assert page.texts("#whose .chip") == ["this change4", "already there4", "both2"]
    page.click('#whose [data-value="already there"]')
    assert page.texts("main h2") == ["Already there before this change (drift)"]
    page.click('#whose [data-value="already there"]')
    page.click('#whose [data-value="both"]')
    assert page.texts("main .row .key") == ["copy", "moved"]
    assert "already there" in page.texts("main .flag")[0]
    assert opened(everything()).count("#whose .chip") == 0


def test_blocks_fold_and_unfold(opened: Open) -> None:
    page = opened(Plan(tuple(rescheduled(f"t{n}", connection=f"c{n}") for n in range(50))))
    assert page.count("main > details[open]") == 40
    page.click("main > details:not([open]) > summary")
    assert page.count("main > details[open]") == 41
    page.click("#fold")
    assert page.count("main > details[open]") == 0
    page.click("#unfold")
    assert page.count("main > details[open] .row") == 50


def test_the_graph_of_a_tenant_is_drawn(opened: Open) -> None:
    page = opened(everything())
    page.type("#tenant", "south")
    page.run(
        "[...document.querySelectorAll('.who a')].find(e => e.textContent === 'south').click()"
    )
    page.settle()
    assert page.run("document.getElementById('graph').open") is True
    assert page.count("#drawing svg .node.create") == 4
    assert page.count("#drawing svg .edge") == 4
    columns = page.run(
        "new Set([...document.querySelectorAll('.node')].map("
        "n => n.getAttribute('transform').split(',')[0])).size"
    )
    assert columns == 3


def test_hostile_names_are_text_and_nothing_runs(opened: Open) -> None:
    page = opened(hostile())
    page.click("#unfold")
    assert page.count("img") == 0
    assert page.count("script") == 2
    assert any("<img src=x onerror=alert(1)>" in name for name in names(page))
    page.run("document.querySelector('.graph-button').click()")
    assert page.count("#drawing svg .node") == 1


def test_ten_thousand_rows_can_be_searched(opened: Open) -> None:
    tenants = tuple(rescheduled(f"tenant-{n:05}", connection=f"c{n}") for n in range(10_000))
    page = opened(Plan(tenants))
    assert page.texts("#count") == ["60 of 10,000 blocks shown"]
    page.click("#more")
    assert page.texts("#count") == ["120 of 10,000 blocks shown"]
    page.type("#search", "tenant-09876")
    assert names(page) == ["tenant-09876"]
    page.click("#clear")
    page.type("#tenant", "tenant-0000")
    assert len(names(page)) == 10


def test_a_similar_change_has_the_values_of_each_tenant(opened: Open) -> None:
    page = opened(Plan(tuple(rescheduled(f"t{n}", after=f"0 {n} 3 * * ?") for n in range(20))))
    assert names(page) == ["Similar change on 20 tenants"]
    page.click("main .fields summary")
    assert page.count("main .fields tr") == 20
    page.type("#search", "0 17 3")
    assert names(page) == ["Similar change on 20 tenants"]


def test_a_plan_with_nothing_to_do_says_so(opened: Open) -> None:
    page = opened(Plan(()))
    assert "everything matches" in page.texts("#count")[0]
