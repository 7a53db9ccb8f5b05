"""What warm learned is testmon's too, for whoever runs it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout


@pytest.fixture
def handed_over(shop: Checkout) -> Checkout:
    """Return a checkout whose records were written for testmon."""
    shop.run("ft", "warm")
    shop.run("ft", "testmon")
    return shop


def test_testmon_by_hand_starts_from_what_warm_knows(handed_over: Checkout) -> None:
    """With nothing changed, testmon deselects every test."""
    assert "no tests ran" in handed_over.run("python", "-m", "pytest", "--testmon").out


def test_testmon_by_hand_selects_what_an_edit_affects(handed_over: Checkout) -> None:
    """An edited function selects its own test alone."""
    handed_over.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    assert "1 passed" in handed_over.run("python", "-m", "pytest", "--testmon").out


def test_nothing_is_handed_over_before_a_warm_run(shop: Checkout) -> None:
    """Without records the sentence says what to run first."""
    ran = shop.run("ft", "testmon")
    assert (ran.code, "run: ft warm" in ran.out) == (2, True)
