"""A shard that kills workers is divided; nothing else of the plan changes its number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.cluster.halving import halved
from firsttry_tasks.selection.shards.plan import Ground, Plan, Shard


def _plan(*sizes: int) -> Plan:
    shards, at = [], 0
    for size in sizes:
        shards.append(Shard(tests=tuple(range(at, at + size)), seconds=float(size)))
        at += size
    tests = tuple(f"test_a.py::test_{number}" for number in range(at))
    ground = Ground(stage="full", head="h", tree="t", parts={})
    return Plan(ground=ground, basis="", tests=tests, shards=tuple(shards))


def test_the_second_half_comes_last() -> None:
    """The shard keeps its first half, and all others their places."""
    found = halved(_plan(2, 5, 1), 2)
    assert [it.tests for it in found.shards] == [(0, 1), (2, 3), (7,), (4, 5, 6)]


@given(st.lists(st.integers(2, 9), min_size=1, max_size=6), st.data())
def test_no_test_is_lost_or_doubled(sizes: list[int], data: st.DataObject) -> None:
    """Each test is in one shard, before and after."""
    plan = _plan(*sizes)
    found = halved(plan, data.draw(st.integers(1, len(sizes))))
    assert sorted(it for shard in found.shards for it in shard.tests) == list(range(sum(sizes)))


def test_the_plan_has_another_name_then() -> None:
    """Who merges must not take the new shards for those of the old plan."""
    plan = _plan(4)
    assert halved(plan, 1).digest != plan.digest
