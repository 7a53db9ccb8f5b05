"""A team that calls a tool twice, with other options, is green where both calls are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.e2e

SETTINGS = "[tool.firsttry.pytest]\nenabled = false\n[tool.firsttry.ruff]\nenabled = false\n"
MAKEFILE = "lint:\n\tmypy --strict src\n\tmypy src tests\n"
TYPED = "def price(n: int) -> int:\n    return n * 3\n"
UNTYPED = "def test_price():\n    assert 1\n"


@pytest.fixture(name="twice")
def _twice(checkout: Checkout) -> Checkout:
    checkout.write("pyproject.toml", SETTINGS)
    checkout.write("Makefile", MAKEFILE)
    checkout.write("src/shop.py", TYPED)
    checkout.write("tests/test_shop.py", UNTYPED)
    checkout.commit()
    return checkout


def test_each_part_is_checked_as_the_team_checks_it(twice: Checkout) -> None:
    """Tests may be untyped where the code may not, and both may be wrong."""
    assert twice.run("ft", "warm").code == 0
    twice.write("src/shop.py", TYPED + "def tax(n):\n    return n\n")
    ran = twice.run("ft", "warm")
    assert [it.path for it in twice.gate(gate="mypy").findings] == ["src/shop.py"], ran.out
    twice.write("tests/test_shop.py", UNTYPED + "\n\nPRICE: int = ''\n")
    ran = twice.run("ft", "warm")
    found = {(it.path, it.rule) for it in twice.gate(gate="mypy").findings}
    both = {("src/shop.py", "no-untyped-def"), ("tests/test_shop.py", "assignment")}
    assert (ran.code, found) == (1, both), ran.out


def test_what_both_find_is_told_once(twice: Checkout) -> None:
    """And what the baseline knows of it is not told, whichever part is green."""
    twice.write("src/shop.py", TYPED + "TAX: int = ''\n")
    ran = twice.run("ft", "parity")
    assert [it.path for it in twice.gate(gate="mypy").findings] == ["src/shop.py"], ran.out
    assert twice.verdict().name == "red"
    assert twice.run("ft", "baseline").code == 0
    assert twice.run("ft", "warm").code == 0


def test_the_baseline_counts_where_one_part_is_green(twice: Checkout) -> None:
    """What the strict part alone finds is known."""
    twice.write("src/shop.py", TYPED + "def tax(n):\n    return n\n")
    assert twice.run("ft", "baseline").code == 0
    ran = twice.run("ft", "warm")
    assert ran.code == 0, ran.out


def test_each_part_has_a_cache_of_its_own(twice: Checkout) -> None:
    """With another one's options it would begin anew each time."""
    assert twice.run("ft", "warm").code == 0
    cache = twice.root / ".mypy_cache"
    versions = {it.name for it in cache.iterdir() if it.is_dir()} - {"call-1"}
    assert versions == {it.name for it in (cache / "call-1").iterdir() if it.is_dir()} != set()
