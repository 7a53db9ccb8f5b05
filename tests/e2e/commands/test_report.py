"""The page of a real run, and the same of the files that a CI would upload."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests import schemas
from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

#: What both forges set, as far as it is read here.
FORGE = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SHA": "abc",
    "GITLAB_CI": "true",
}
PAGE = "artifacts/report.html"


def test_a_run_is_told_and_so_is_its_artifact(shop: Checkout, tmp_path: Path) -> None:
    """The failure's cause is in the page that the checkout makes, and in the other alike."""
    shop.run("ft", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    summary = tmp_path / "summary.md"
    shop.run("ft", "parity", env={**FORGE, "GITHUB_STEP_SUMMARY": str(summary)})
    # The summary of the last step is what a comment would say, with links into the commit.
    told = summary.read_text()
    assert "### ✘ 1 failed, and it is caused by this change." in told
    assert "](https://github.example/acme/shop/blob/abc/tests/test_shop.py#L" in told
    assert [it.tag for it in ET.parse(shop.root / "artifacts/junit.xml").iter("failure")] == [  # noqa: S314  our own
        "failure"
    ]
    assert "FIRSTTRY_VERDICT=red\n" in (shop.root / "artifacts/firsttry.env").read_text()
    assert json.loads((shop.root / "artifacts/code_quality.json").read_text()) == []
    ran = shop.run("ft", "report")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"Wrote {PAGE}.")
    assert ran.out.startswith("1 failed, and it is caused by this change.")
    assert "<wbr>shop.<wbr>py::<wbr>test_<wbr>tax</bdi>" in (shop.root / PAGE).read_text()

    page = shop.run("ft", "report", "--json").out
    schemas.prove("page", page.encode())
    told = json.loads(page)
    warm = {it["name"]: (it["outcome"], it["warm"]) for it in told["tests"]}
    assert warm["tests/test_shop.py::test_tax"] == ("failed", "ran")
    assert warm["tests/test_shop.py::test_price"] == ("passed", "stood")
    assert told["trust"]["sentence"].startswith("0 escapes in 1 parity run")
    assert [it["began"] for it in told["gates"] if it["gate"] == "tests"] == [0.0, 0.0]

    # Elsewhere, where no project is, and from a folder of the files alone.
    away = tmp_path / "reports"
    shutil.copytree(shop.root / "artifacts", away / "artifacts")
    ran = shop.run("ft", "report", str(away), "--out", "away.html", "--csv", "tables")
    assert (ran.code, "1 failed" in ran.out) == (0, True)
    assert "test_tax,failed,ran" in (shop.root / "tables/tests.csv").read_text()
    assert "1 failed" in (shop.root / "away.html").read_text()


def test_what_was_red_before_is_told_from_what_this_change_broke(shop: Checkout) -> None:
    """By the record of main, without running anything again, whatever the flaky list holds."""
    shop.write("ci/flaky_tests.json", '{"nodeids": []}')
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.commit()
    shop.run("ft", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2").replace("n * 3", "n * 4"))
    shop.run("ft", "warm")
    said = shop.run("ft", "report").out.splitlines()[0]
    assert said == "2 failed: 1 is caused by this change, 1 is red on main too."


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "There is no report yet"),
        (("nowhere",), 3, "There is no folder 'nowhere'"),
        (("tests",), 2, "No report is in"),
        (("a", "b"), 3, "Name one folder"),
        (("--opne",), 3, "has no option --opne"),
    ],
)
def test_what_can_t_be_told_says_what_to_do(
    shop: Checkout, words: tuple[str, ...], code: int, said: str
) -> None:
    """Each with its exit code."""
    ran = shop.run("ft", "report", *words)
    assert (ran.code, said in ran.out) == (code, True)


@pytest.mark.slow
def test_shards_are_told_where_they_were_merged(shop: Checkout) -> None:
    """Each with what it ran, beside the others in time."""
    shop.run("ft", "plan", "--shards", "2")
    for number in (1, 2):
        shop.run("ft", "full", "--shard", f"{number}/2")
    shop.run("ft", "merge")
    told = json.loads(shop.run("ft", "report", "--json").out)
    found = [(it["number"], it["of"], it["status"], it["tests"]) for it in told["shards"]]
    assert found == [(1, 2, "green", 1), (2, 2, "green", 1)]
    assert told["shards"][0]["began"] == 0.0
    # A run of everything in one piece after them is told without them.
    shop.run("ft", "full")
    assert json.loads(shop.run("ft", "report", "--json").out)["shards"] == []
