"""What an agent reads is short, whoever says that it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

AGENT = {"AI_AGENT": "some-agent"}
MANY = """
import pytest
from shop import tax


@pytest.mark.parametrize("n", range({count}))
def test_tax(n):
    assert tax(n * 5) == {{"is": n}}["is"]
"""


def _many(shop: Checkout, count: int) -> None:
    """Write so many tests into the shop, in two files."""
    for name in ("a", "b"):
        shop.write(f"tests/test_{name}.py", MANY.format(count=count // 2))


def test_many_failures_of_one_mistake_are_few_lines(shop: Checkout) -> None:
    """The first is shown, with its comparison and the command that runs it alone."""
    _many(shop, 58)
    assert shop.run("ft", "warm").code == 0
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 1"))
    ran = shop.run("ft", "warm", "--for", "agent")
    lines = ran.out.splitlines()
    assert (ran.code, len(lines) <= 60) == (1, True), ran.out
    assert lines[0].startswith("warm is red: 59 findings, 1 cause; tests red; ")
    assert lines[1].startswith("59 tests: shop.py::tax changed: ")
    assert "    E  +  where 1 = tax((0 * 5))" in lines
    assert lines[-2:] == [
        "again: pytest 'tests/test_a.py::test_tax[0]'",
        "next: ft why --was-red 'tests/test_a.py::test_tax[0]'",
    ]
    whole = shop.run("ft", "warm", "--for", "person", env=AGENT).out
    assert "  warm   result  time" in whole
    told = shop.run("ft", "why", "--was-red", "tests/test_a.py::test_tax[0]", env=AGENT).out
    assert "was not red before shop.py changed: it passed at " in told
    shop.git("stash", "-q", "--", "shop.py")
    shop.commit()
    shop.git("stash", "pop", "-q")
    told = shop.run("ft", "why", "--was-red", env=AGENT).out
    assert told.count("was not red before shop.py changed (since HEAD): it passed at ") == 59


@pytest.mark.smoke
def test_green_is_one_line(shop: Checkout) -> None:
    """Without progress, color or a table, also in a parity, which says what it comes to."""
    env = AGENT | {"FORCE_COLOR": "1"}
    ran = shop.run("ft", "warm", env=env)
    assert (ran.code, ran.out.count("\n")) == (0, 1), ran.out
    assert ran.out.startswith("warm is green: 2 of 2 tests (all); ")
    assert shop.run("ft", "warm", env=env).out.startswith("warm is green: tests unchanged; ")


@pytest.mark.thorough
def test_eight_thousand_green_tests_are_thirty_words(shop: Checkout) -> None:
    """As an agent pays for each."""
    _many(shop, 8_000)
    ran = shop.run("ft", "warm", env=AGENT)
    assert (ran.code, len(ran.out.split()) <= 30) == (0, True), ran.out
    assert "8002 of 8002 tests (all)" in ran.out
