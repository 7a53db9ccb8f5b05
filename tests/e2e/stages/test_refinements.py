"""Refinements of selection that the settings switch off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.checkout import CODE, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

OFF = "\n[tool.firsttry.selection]\nwithout = ['{}']\n"


def test_more_runs_without_one(shop: Checkout) -> None:
    """An annotation concerns who reads it; without that, who runs the function."""
    shop.write("pyproject.toml", TESTS_ONLY)
    shop.commit()
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n: int", "n: float"))
    narrow = shop.run("doit", "warm").code, set(shop.selected())
    shop.write("pyproject.toml", TESTS_ONLY + OFF.format("annotations"))
    shop.write("shop.py", CODE.replace("n: int", "n: 'float'"))
    wide = shop.run("doit", "warm").code, set(shop.selected())
    assert narrow[0] == wide[0] == 0
    assert len(narrow[1]) < len(wide[1])


def test_one_that_is_not_known_is_told(shop: Checkout) -> None:
    """The sentence has the nearest name, and the exit code says that the usage is wrong."""
    shop.write("pyproject.toml", TESTS_ONLY + OFF.format("anotation"))
    done = shop.run("ft", "warm")
    assert (done.code, "Did you mean annotations?" in done.out) == (3, True), done.out
