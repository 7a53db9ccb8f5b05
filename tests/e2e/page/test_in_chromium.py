"""The page of a large run, in a real browser: it is quick, harmless, and everybody can use it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from ci import report_sample
from firsttry_tasks.reporting.page import gather, render
from firsttry_tasks.steps.show import artifact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.e2e.page.browser import Seen

browser = pytest.importorskip("tests.e2e.page.browser", reason="playwright is not installed")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not browser.CHROMIUM, reason="Chromium is not installed (.ci/packages)"),
]
#: Everything that would be a script of a test's, or ask a network.
NOTHING: list[str] = []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return one browser for all tests."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of 5,000 tests, made of an artifact."""
    folder: Path = tmp_path_factory.mktemp("artifact")
    report_sample.make(folder)
    place = folder / "report.html"
    place.write_text(render.html(gather.page(artifact.read(folder))), encoding="utf-8")
    return place


@pytest.fixture
def seen(chromium: Browser, file: Path) -> Iterator[Seen]:
    """Return the page as a reader with a wide window sees it; it does nothing on its own."""
    opened = browser.Seen(chromium, file)
    yield opened
    assert opened.trouble == NOTHING
    assert opened.asked == [file.as_uri()]


def test_it_opens_within_a_second(chromium: Browser, file: Path) -> None:
    """With 5,000 tests: the list can be read and searched by then."""
    took = []
    # The machine may be busy with something else, but not each of so many times.
    for _ in range(8):
        seen = browser.Seen(chromium, file)
        assert seen.count().startswith("5,000 of 5,000 tests")
        asked = "performance.getEntriesByType('navigation')[0].loadEventEnd"
        took.append(seen.page.evaluate(asked))
        if took[-1] < 1_000:
            break
    assert min(took) < 1_000


def test_words_are_searched_in_names_and_reasons(seen: Seen) -> None:
    """All of them, in any order and case."""
    seen.page.fill("#find", "TAX rounding")
    rows = seen.page.locator("#list tbody tr").all_text_contents()
    assert rows
    assert [it for it in rows if "tax" not in it or "rounding" not in it] == []
    seen.page.fill("#find", "rates.csv")
    assert 0 < int(seen.count().split(" of ")[0]) < report_sample.RAN


def test_each_filter_shows_its_tests(seen: Seen) -> None:
    """As many as its button says, and it says so to who can't see it."""
    counts = {"failed": 7, "ran": 312, "stood": 4_688, "skipped": 12, "flaky": 20}
    for kind, count in counts.items():
        button = seen.page.locator(f"[data-kind={kind}]")
        button.click()
        assert seen.count().startswith(f"{count:,} of 5,000 tests")
        assert button.get_attribute("aria-pressed") == "true"
        assert f"{count:,}" in button.inner_text()


def test_one_reason_alone_and_the_slowest_first(seen: Seen) -> None:
    """The two lists narrow and order."""
    seen.page.select_option("#reason", "shop/tax.py: tax changed")
    seen.page.select_option("#order", "seconds")
    whys = set(seen.page.locator("#list .note").all_text_contents())
    times = [
        float(it.split()[0]) for it in seen.page.locator("#list td.number").all_text_contents()
    ]
    assert ("shop/tax.py: tax changed" in whys, times) == (True, sorted(times, reverse=True))


def test_it_is_used_by_keyboard_alone(seen: Seen) -> None:
    """From the first Tab to the last row."""
    press = seen.page.keyboard.press
    press("Tab")
    assert seen.page.evaluate("document.activeElement.textContent") == "To the report"
    press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"
    press("/")
    seen.page.keyboard.type("test_names")
    assert len(seen.rows()) == len(report_sample.HOSTILE)
    press("Escape")
    assert seen.count().startswith("5,000 of")
    seen.page.locator("#more").focus()
    press("Enter")
    assert len(seen.rows()) == 200
    # The focus goes on where the new rows begin.
    assert seen.page.evaluate("document.activeElement.closest('tr').rowIndex") == 101
    summary = seen.page.locator("summary").first
    summary.focus()
    press("Enter")
    assert seen.page.locator("details[open]").count() == 1


def test_names_are_shown_and_never_run(seen: Seen) -> None:
    """What steers a terminal or turns letters round is shown by its number."""
    seen.page.fill("#find", "test_names")
    shown = seen.rows()
    assert "tests/test_names.py::test_name[<script>alert(1)</script>]" in shown
    assert "tests/test_names.py::test_name[\\u001b[31mred\\u001b[0m]" in shown
    assert "tests/test_names.py::test_name[\\u202egnp.exe]" in shown
    assert seen.page.locator("#list bdi").count() == len(shown)


def test_the_numbers_come_as_csv_and_json(seen: Seen, tmp_path: Path) -> None:
    """Behind each section, whole."""
    for kind in ("csv", "json"):
        with seen.page.expect_download() as download:
            seen.page.click(f"[data-table=tests] [data-as={kind}]")
        download.value.save_as(tmp_path / kind)
    with (tmp_path / "csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    assert [it["name"] for it in rows] == [it["name"] for it in values]
    assert set(report_sample.HOSTILE) <= {it["name"] for it in values}


def test_curves_are_drawn_when_they_are_near(seen: Seen) -> None:
    """And not before: the first second is for what was asked first."""
    assert seen.page.locator("canvas").count() == 0
    seen.page.locator("#runs").scroll_into_view_if_needed()
    seen.page.wait_for_selector("canvas")
    assert seen.page.locator("canvas").count() == 3
    # Below each the last run stands in numbers, and any other one while it is pointed at.
    told = seen.page.locator(".u-legend").all_inner_texts()
    assert ["2026-11-28 14:20" in it for it in told] == [True] * 3
    plot = seen.page.locator(".u-over").first
    plot.hover(position={"x": 5, "y": 50})
    assert "2026-10-14 23:20" in seen.page.locator(".u-legend").first.inner_text()
    seen.page.locator("h1").hover()
    assert "2026-11-28 14:20" in seen.page.locator(".u-legend").first.inner_text()


def test_it_is_dark_where_the_reader_is(chromium: Browser, file: Path) -> None:
    """Ground and letters change places."""

    def light(dark: bool) -> tuple[bool, bool]:  # noqa: FBT001  the two readers
        page = browser.Seen(chromium, file, dark=dark).page
        asked = "getComputedStyle(document.body)"
        found = [page.evaluate(f"{asked}.{it}") for it in ("backgroundColor", "color")]
        ground, letters = (sum(map(int, it[4:-1].split(", "))) > 380 for it in found)
        return ground, letters

    assert (light(dark=False), light(dark=True)) == ((True, False), (False, True))


def test_nothing_is_cut_off_on_a_phone(chromium: Browser, file: Path) -> None:
    """At 360 pixels only tables that say so are scrolled sideways."""
    page = browser.Seen(chromium, file, width=360).page
    page.locator("#runs").scroll_into_view_if_needed()
    page.wait_for_selector("canvas")
    wide = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((it) =>
            it.getBoundingClientRect().right > innerWidth + 1
            && !it.closest(".wide, nav, pre, .unseen, svg"))
            .map((it) => it.outerHTML.slice(0, 90))"""
    )
    assert (page.evaluate("document.documentElement.scrollWidth"), wide) == (360, [])


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(
    chromium: Browser, file: Path, *, dark: bool
) -> None:
    """axe, with all of its rules; contrasts differ between light and dark."""
    checker = browser.axe()
    if checker is None:
        pytest.skip("axe-core is not installed: npm install --global axe-core")
    page = browser.Seen(chromium, file, dark=dark).page
    # By the protocol that developers' tools speak: the page's own policy refuses foreign scripts.
    page.context.new_cdp_session(page).send(
        "Runtime.evaluate", {"expression": checker.read_text(encoding="utf-8")}
    )
    found: dict[str, Any] = page.evaluate("axe.run()")
    wrong = [(it["id"], it["impact"], it["nodes"][0]["html"][:120]) for it in found["violations"]]
    assert wrong == []
