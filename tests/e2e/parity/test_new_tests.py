"""New tests run several times before they are believed, where a setting asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, PATHS, TESTS_ONLY
from tests.e2e.parity.causes import moody

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

MOODY = "tests/test_moody.py::test_moody"


def _learned(shop: Checkout, tmp_path: Path, script: str, new: str) -> Checkout:
    """Let warm learn the shop, and add a test that answers by a script."""
    asked = f"[tool.firsttry]\nflaky.new = {new}\n" if new else ""
    shop.write("pyproject.toml", f"{TESTS_ONLY}{PATHS}{asked}")
    shop.commit()
    assert shop.run("ft", "warm").code == 0
    [text] = moody(script).values()
    shop.write("tests/test_moody.py", text.replace("{out}", str(tmp_path)))
    return shop


def _runs(tmp_path: Path) -> int:
    return len((tmp_path / "moody").read_text())


@pytest.mark.slow
def test_a_new_test_that_fails_now_and_then_is_red(shop: Checkout, tmp_path: Path) -> None:
    """It stays new, and red, until it passed all of its runs."""
    _learned(shop, tmp_path, "PPFPP", "{runs = 4, seconds = 60}")
    first, found = shop.run("ft", "warm"), shop.gate().findings
    second = shop.run("ft", "warm")
    assert (first.code, [(it.nodeid, it.rule) for it in found]) == (
        1,
        [(MOODY, "flaky when new")],
    ), first.out
    assert "1 of its 4 runs" in first.out
    assert (second.code, _runs(tmp_path)) == (0, 8), second.out


@pytest.mark.parametrize("new", ["", "{runs = 4, seconds = 0}"])
def test_without_runs_or_time_it_is_believed(shop: Checkout, tmp_path: Path, new: str) -> None:
    """Off by default, and never longer than was given."""
    ran = _learned(shop, tmp_path, "PF", new).run("ft", "warm")
    assert (ran.code, _runs(tmp_path)) == (0, 1), ran.out


@pytest.mark.thorough
def test_a_test_that_is_known_runs_once(shop: Checkout, tmp_path: Path) -> None:
    """However its code was edited."""
    _learned(shop, tmp_path, "P", "{runs = 3, seconds = 60}")
    shop.run("ft", "warm")
    shop.write("shop.py", CODE.replace("n * 3", "3 * n"))
    before = _runs(tmp_path)
    ran = shop.run("ft", "warm")
    assert (ran.code, _runs(tmp_path) - before, list(shop.selected())) == (
        0,
        0,
        ["tests/test_shop.py::test_price"],
    ), ran.out


def test_a_wrong_key_names_the_nearest(shop: Checkout) -> None:
    """In a table of a table, too."""
    shop.write("pyproject.toml", "[tool.firsttry]\nflaky.new = {run = 5}\n")
    ran = shop.run("ft", "warm")
    assert (ran.code, "Did you mean runs?" in ran.out) == (3, True), ran.out
