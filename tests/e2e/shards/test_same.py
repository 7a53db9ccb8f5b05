"""Shards on several machines come to what one run comes to: report, record and selection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.e2e.checkout import CODE
from tests.e2e.shards.machines import Machines, recorded, rests_on, suite

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.slow
#: Green by the code that main has, and red by any other.
TURNS = "def test_turns():\n    assert price(2) == 6\n"
#: What differs between any two runs.
PASSING = {"run", "began", "seconds", "argv", "why", "created", "durations", "notes"}


def _report(checkout: Checkout) -> Any:
    """Return the full report without what differs between any two runs."""
    return _plain(msgspec.to_builtins(checkout.report("full")))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(it) for key, it in value.items() if key not in PASSING}
    return [_plain(it) for it in value] if isinstance(value, list | tuple) else value


@pytest.fixture(name="machines")
def _machines(checkout: Checkout) -> Machines:
    return suite(checkout)


# 1, 2 and 7 shards, and other Pythons: benchmarks/shards.py, by the same comparison.
@pytest.mark.parametrize("of", [3])
def test_merged_is_what_one_run_is(machines: Machines, of: int) -> None:
    """The report, the record of each test, and the order of the tests."""
    assert machines.origin.run("ft", "full", "record=1").code == 0
    one, report = recorded(machines.origin.root), _report(machines.origin)
    merged = machines.all(of, "record=1")
    assert merged.code == 0, merged.out
    all_ = recorded(machines.origin.root)
    assert rests_on(all_) == rests_on(one)
    assert (all_.collected, all_.modules) == (one.collected, one.modules)
    assert _report(machines.origin) == report


@pytest.mark.thorough
def test_a_merged_report_has_the_causes_that_one_run_s_has(shop: Checkout) -> None:
    """What this change broke, what is known to be flaky, and what was red before it."""
    shop.write("tests/test_turns.py", "from shop import price\n\n\n" + TURNS)
    shop.write("ci/flaky_tests.json", '{"nodeids": ["tests/test_turns.py::test_turns"]}')
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.commit()
    shop.run("ft", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2").replace("n * 3", "n * 4"))
    shop.commit()
    # With what the checkout has learned.
    several = Machines(shop.copy(shop.root.parent / "several" / "project"))
    assert shop.run("ft", "full").code == several.all(2).code == 1
    told = [json.loads(it.run("ft", "report", "--json").out) for it in (shop, several.origin)]
    assert told[0]["headline"] == (
        "3 failed: 1 is caused by this change, 1 is known flaky, 1 is red on main too."
    )
    assert told[1]["headline"] == told[0]["headline"]
    assert _plain(told[1]["failures"]) == _plain(told[0]["failures"])
