"""A run on a cluster comes to what one run here comes to, and warm selects by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.shards.machines import recorded, rests_on, suite

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
pytestmark = pytest.mark.slow


def test_what_is_recorded_is_what_one_run_records(checkout: Checkout) -> None:
    """Outcomes, functions, files, variables and fixtures of each test."""
    suite(checkout)
    assert checkout.run("ft", "full", "record=1").code == 0
    one = recorded(checkout.root)
    ran = checkout.run("ft", "full", "--cluster", "local", "record=1")
    assert ran.code == 0, ran.out
    all_ = recorded(checkout.root)
    assert rests_on(all_) == rests_on(one)
    assert (all_.collected, all_.modules) == (one.collected, one.modules)


def test_warm_learns_on_a_cluster_and_selects_by_it(shop: Checkout) -> None:
    """What workers saw of each test decides what an edit runs here."""
    ran = shop.run("ft", "warm", "--cluster", "local")
    assert ran.code == 0, ran.out
    assert shop.run("ft", "warm").code == 0
    shop.write("shop.py", (shop.root / "shop.py").read_text().replace("n // 5", "n // 6"))
    ran = shop.run("ft", "warm")
    tests = shop.gate("warm").tests
    assert tests is not None
    assert (ran.code, set(tests.why)) == (1, {"tests/test_shop.py::test_tax"}), ran.out
