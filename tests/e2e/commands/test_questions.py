"""What can be asked before a run: why a test would run, and what an edit would select."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

TAX = "tests/test_shop.py::test_tax"


@pytest.fixture
def learned(shop: Checkout) -> Checkout:
    """Return a checkout in which warm ran once."""
    shop.run("ft", "warm")
    return shop


def test_a_test_that_nothing_affects_says_so(learned: Checkout) -> None:
    """Nothing changed, so the test would not run."""
    assert f"{TAX} would not run: nothing that it rests on" in learned.run("ft", "why", TAX).out


def test_a_test_says_which_edit_selects_it(learned: Checkout) -> None:
    """An edited function is the reason of the test that ran it."""
    learned.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    answer = json.loads(learned.run("doit", "why", "--json", TAX).out)
    assert (answer["runs"], "shop.py changed" in answer["why"]) == (True, True)


@pytest.mark.smoke
def test_an_edit_says_what_it_would_select(learned: Checkout) -> None:
    """Of two functions, one selects its own test alone."""
    found = json.loads(learned.run("doit", "impact", "--json", "shop.py::tax").out)
    assert list(found) == [TAX]


def test_a_file_that_is_not_there_is_told(learned: Checkout) -> None:
    """A wrong path is wrong usage."""
    ran = learned.run("ft", "impact", "shops.py")
    assert (ran.code, "no file of this tree" in ran.out) == (3, True)
