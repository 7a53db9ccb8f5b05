"""Plays suites of tests and their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.shards.plan import Ground, Plan, Wanted, make_plan
from firsttry_tasks.selection.shards.times import Expected
from firsttry_tasks.selection.shards.units import PlannedTest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUND = Ground(stage="full", head="c0ffee", tree="7ree", parts={"python": "cpython 3.11.7"})


def file(name: str, count: int, **more: tuple[str, ...]) -> tuple[PlannedTest, ...]:
    """Return the tests of a file; ``more`` says what they are bound by, or share."""
    return tuple(PlannedTest(nodeid=f"{name}::test_{n}", **more) for n in range(count))


def planned(
    tests: Iterable[PlannedTest],
    seconds: Mapping[str, float] | float = 1.0,
    *,
    start: float = 0.5,
    **wanted: float,
) -> Plan:
    """Return the plan of these tests, which take the given seconds each."""
    suite = tuple(tests)
    each = seconds if not isinstance(seconds, float) else {it.nodeid: seconds for it in suite}
    shards = int(wanted["shards"]) if "shards" in wanted else None
    asked = Wanted(shards=shards, seconds=wanted.get("within"))
    return make_plan(GROUND, suite, Expected(seconds=dict(each), basis="told"), start, asked)


def homes(plan: Plan, *names: str) -> list[set[int]]:
    """Return, for each beginning of node ids, the numbers of the shards that have such tests."""
    return [
        {
            number
            for number in range(1, len(plan.shards) + 1)
            if any(nodeid.startswith(name) for nodeid in plan.share(number))
        }
        for name in names
    ]


def shares(plan: Plan) -> list[tuple[str, ...]]:
    """Return the tests of each shard."""
    return [plan.share(number) for number in range(1, len(plan.shards) + 1)]
