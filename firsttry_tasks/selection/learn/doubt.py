"""Drops from tests what only another of several can have left.

Where tests are short, one look at the project's modules stands for several, and what it finds
counts for each of them. One that ran no code which uses the thing has not left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest


def narrowed(
    tests: Sequence[RecordedTest],
    doubtful: AbstractSet[int],
    may: Callable[[RecordedTest, int], bool],
) -> tuple[RecordedTest, ...]:
    """Return the tests of a process, in order, without observations that can't be theirs.

    ``doubtful`` are the numbers of what one of several left; ``may`` tells whether a test may use
    that. Where it is none of several, it stays with all; what none of all uses concerns nobody.
    """
    dropped: dict[str, set[int]] = {}
    used = {number for number in doubtful if any(may(test, number) for test in tests)}
    for number, group in _groups(tests, doubtful):
        able = {test.nodeid for test in group if may(test, number)}
        for test in group if able or number not in used else ():
            if test.nodeid not in able:
                dropped.setdefault(test.nodeid, set()).add(number)
    return tuple(
        msgspec.structs.replace(
            test,
            observations=tuple(it for it in test.observations if it not in dropped[test.nodeid]),
        )
        if test.nodeid in dropped
        else test
        for test in tests
    )


def _groups(
    tests: Sequence[RecordedTest], doubtful: AbstractSet[int]
) -> Iterator[tuple[int, list[RecordedTest]]]:
    """Yield each observation with tests that have it one after the other."""
    together: dict[int, list[RecordedTest]] = {}
    for test in tests:
        seen = doubtful & {*test.observations}
        for number in together.keys() - seen:
            yield number, together.pop(number)
        for number in seen:
            together.setdefault(number, []).append(test)
    yield from together.items()
