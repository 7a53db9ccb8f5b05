"""Balances shards: the longest unit first, each to the shard that has least to do."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from firsttry_tasks.selection.shards.units import joined, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.selection.shards.units import PlannedTest, Unit

#: How much longer than the shortest that can be the longest shard may take, before files are
#: divided. A judgement: a fifth of the tenth that shards may differ by when they ran. The rest is
#: for what no plan can know.
CLOSE = 1.02
#: Into how many parts of a shard units are divided at most. Beyond it, a file would be imported
#: everywhere to win the last per cent. A judgement.
FINEST = 16
#: The share of a shard's time that its start may take, where nobody says how many shards are
#: wanted. A judgement: then all shards together cost a tenth more than one run.
STARTS = 0.1
#: How many shards a worker of a pool gets at most, and how many one that is alone. Judgements:
#: where one worker is half as fast as another, the last shard of four leaves the fast one idle for
#: an eighth of the run; one that is alone has nobody to wait for.
TURNS, ALONE = 4, 2


def balanced(
    tests: Sequence[PlannedTest], seconds: Mapping[str, float], shards: int
) -> tuple[tuple[Unit, ...], ...]:
    """Return the units of each shard; files are divided no further than the balance needs."""
    due = sum(seconds[it.nodeid] for it in tests) / shards
    least = max(due, *atoms(tests, seconds))
    parts = 1
    while True:
        found = longest_first(units(tests, seconds, due / parts), shards)
        longest = max(map(length, found))
        if longest <= least * CLOSE or parts >= FINEST:
            return found
        parts *= 2


def longest_first(found: Iterable[Unit], shards: int) -> tuple[tuple[Unit, ...], ...]:
    """Give each unit, the longest first, to the shard that has least to do by then."""
    loads = [(0.0, number) for number in range(shards)]
    given: list[list[Unit]] = [[] for _ in range(shards)]
    # By name where two take as long, so that every machine makes the same shards.
    for unit in sorted(found, key=lambda it: (-it.seconds, it.tests)):
        load, number = heapq.heappop(loads)
        given[number].append(unit)
        heapq.heappush(loads, (load + unit.seconds, number))
    return tuple(map(tuple, given))


def length(shard: Iterable[Unit]) -> float:
    """Return the seconds that a shard's tests take."""
    return sum((unit.seconds for unit in shard), 0.0)


def atoms(tests: Iterable[PlannedTest], seconds: Mapping[str, float]) -> list[float]:
    """Return the seconds of what can't be divided."""
    together = joined([(it,) for it in tests], lambda it: it.bound)
    return [sum(seconds[it.nodeid] for it in atom) for atom in together]


def worth(work: float, start: float, most: int) -> int:
    """Return how many shards are worth their starts, for so many seconds of tests.

    ``start`` is what each shard takes before its first test; ``most`` is the number of units.
    """
    wanted = int(work * STARTS / start) if start > 0 else most
    return max(1, min(wanted, most))


def spread(work: float, start: float, workers: int, most: int) -> int:
    """Return how many shards keep so many workers busy to the end, the fast and the slow ones."""
    fine = int(work * STARTS / start) if start > 0 else most
    turns = min(TURNS if workers > 1 else ALONE, fine // workers)
    # As many for each: equal shards would else leave some idle in the last turn.
    return max(1, min(workers * max(1, turns), most))


def within(work: float, start: float, seconds: float, most: int) -> int:
    """Return how many shards are needed for none to take longer than ``seconds``."""
    room = seconds - start
    # Rounded up.
    return max(1, min(-int(-work // room), most))
