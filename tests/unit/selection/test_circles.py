"""A graph is taken apart into circles, each after what it leads to."""

from __future__ import annotations

import random
import sys

import pytest

from firsttry_tasks.selection.evidence.circles import circles


def _reached(graph: dict[int, list[int]], start: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        more = set(graph[waiting.pop()]) - seen
        seen |= more
        waiting += more
    return seen


@pytest.mark.parametrize("seed", range(40))
def test_each_reaches_what_a_walk_reaches(seed: int) -> None:
    """What is put together by circles is what a walk from each finds."""
    rng = random.Random(seed)
    size = rng.randint(1, 30)
    edges = rng.randint(0, 3 * size)
    graph: dict[int, list[int]] = {it: [] for it in range(size)}
    for _ in range(edges):
        graph[rng.randrange(size)].append(rng.randrange(size))
    known: dict[int, frozenset[int]] = {}
    for start in rng.sample(range(size), size):
        for circle in circles(start, graph.__getitem__, known.__contains__):
            assert known.keys().isdisjoint(circle)
            led = {it for at in circle for it in graph[at]}.difference(circle)
            found = frozenset(circle).union(*(known[it] for it in led))
            known |= dict.fromkeys(circle, found)
        assert known[start] == _reached(graph, start)


def test_a_long_way() -> None:
    """Longer than Python calls functions inside each other."""
    length = 5 * sys.getrecursionlimit()
    found = list(circles(0, lambda it: [it + 1] if it < length else [], lambda _: False))
    assert found == [[it] for it in range(length, -1, -1)]
