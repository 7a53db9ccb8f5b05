"""Takes a graph apart into its circles, so that what is reached from each is known once.

Tarjan, R., Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972), without
recursion: what tests leave may lead to each other through tens of thousands of steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def circles(
    start: int, following: Callable[[int], Iterable[int]], done: Callable[[int], bool]
) -> Iterator[list[int]]:
    """Yield the circles that are reached from ``start``, each after all that it leads to.

    One that leads to no other is a circle by itself. What is ``done`` is not gone into.
    """
    if done(start):
        return
    at: dict[int, int] = {start: 0}
    low: dict[int, int] = {start: 0}
    open_, inside = [start], {start}
    path = [(start, iter(following(start)))]
    while path:
        here, rest = path[-1]
        there = next(rest, None)
        if there is None:
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[here])
            if low[here] == at[here]:
                found = [open_.pop()]
                while found[-1] != here:
                    found.append(open_.pop())
                inside.difference_update(found)
                yield found
        elif there in inside:
            low[here] = min(low[here], at[there])
        elif there not in at and not done(there):
            at[there] = low[there] = len(at)
            open_.append(there)
            inside.add(there)
            path.append((there, iter(following(there))))
