"""The page as HTML: names are data, and nothing is loaded from anywhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from ci import report_sample
from firsttry_tasks.reporting.page import gather, render
from firsttry_tasks.steps.show import artifact
from tests import builders

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the page of the large run."""
    folder: Path = tmp_path_factory.mktemp("artifact")
    report_sample.make(folder)
    return render.html(gather.page(artifact.read(folder)))


def test_one_run_is_no_curve(tmp_path: Path) -> None:
    """It is told as a table, which stands open."""
    report_sample.make(tmp_path)
    made = artifact.read(tmp_path)
    told = render.html(gather.page(replace(made, lines=made.lines[-1:])))
    assert ('class="plot"' in told, "<details open><summary>The first run" in told) == (False, True)


def test_a_large_run_is_small(html: str) -> None:
    """5,000 tests, three escapes and 20 flaky tests stay below two megabytes."""
    assert len(html.encode()) < 2_000_000


def test_the_headline_stands_in_the_page_and_its_title(html: str) -> None:
    """A tab tells it, too. In the page each number stays on the line of its verb."""
    said = "7 failed: 3 were missed by warm, 2 are caused by this change, 1 is known flaky"
    assert f"<title>✘ {said}" in html
    assert re.sub(r"(\d) (is|are|were)", "\\1\N{NO-BREAK SPACE}\\2", f"<h1>{said}") in html


def test_names_never_become_markup(html: str) -> None:
    """Scripts are ours alone, and the element with the data ends where it should."""
    assert html.count("<script") == html.count("</script>") == 3
    assert "<img" not in html
    assert "\x1b" not in html


def test_the_data_is_whole(html: str) -> None:
    """Each name comes back as it was, whatever it holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    tests = json.loads(found[1])["tests"]
    names = {row[tests["columns"].index("name")] for row in tests["rows"]}
    assert set(report_sample.HOSTILE) <= names


def test_nothing_is_loaded(html: str) -> None:
    """No address but those in the words of comments and names."""
    body, _, _ = html.partition("<script")
    assert not re.search(r"""(?:src|href|action)=["'](?!#)""", body)
    assert "default-src &#39;none&#39;" in html


@pytest.mark.parametrize("text", ["<b>", "a\u202eb", "\x1b[31m"])
def test_a_failure_s_name_and_message_are_escaped(text: str) -> None:
    """Wherever they are shown."""
    found = builders.finding(f"t.py::test[{text}]")
    report = builders.report("warm", builders.result("tests", found))
    html = render.html(gather.page(gather.Sources(reports={"warm": report})))
    body = html.partition("<main")[2].partition("<script")[0]
    assert text not in body


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0, "0 %"), (0.0001, "0.1 %"), (0.5, "50 %"), (0.9999, "99.9 %"), (1, "100 %")],
)
def test_a_rate_is_never_rounded_to_none_or_all(rate: float, said: str) -> None:
    """1 of 10,000 is not never."""
    assert render.percent(rate) == said
