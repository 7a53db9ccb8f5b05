"""Drops from tests what only another of several can have left.

Where tests are short, one look at the project's modules stands for several, and what it finds
counts for each of them. One that ran no code which uses the thing has not left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from firsttry_tasks.model.recording import HOLDS, LIBRARY, PERHAPS, is_told
from firsttry_tasks.selection.evidence.bitsets import as_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest
    from firsttry_tasks.selection.learn.makers import Makers


def narrowed(
    tests: Sequence[RecordedTest],
    doubtful: AbstractSet[int],
    able: Callable[[int], AbstractSet[str]],
) -> tuple[RecordedTest, ...]:
    """Return the tests of a process, in order, without observations that can't be theirs.

    ``doubtful`` are the numbers of what one of several left; ``able`` returns the ids of the tests
    that may use that. Where it is none of several, it stays with all; what none of all uses
    concerns nobody.
    """
    dropped: dict[str, set[int]] = {}
    for number, group in _groups(tests, doubtful):
        using = able(number)
        if using and using.isdisjoint(test.nodeid for test in group):
            continue
        for test in group:
            if test.nodeid not in using:
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


class _Doubt(NamedTuple):
    """What tells whether a test may have left a thing."""

    names: frozenset[str]
    #: Units as bits: of each of both a test ran one.
    asking: int
    near: int


class Able:
    """Knows which tests may have left what; a thousand names may be about one thing."""

    def __init__(
        self,
        makers: Makers,
        observations: Sequence[tuple[str, str]],
        tests: Sequence[RecordedTest],
        bits: Mapping[str, int],
    ) -> None:
        """Take what was seen in a process; ``bits`` are the units that ran for each test."""
        left = {
            number: name.removesuffix(PERHAPS)
            for number, (kind, name) in enumerate(observations)
            if kind == "left" and name.endswith(PERHAPS) and not name.startswith(LIBRARY)
        }
        things = {n: (name.partition(HOLDS)[0], is_told(name)) for n, name in left.items()}
        kinds = {thing: at for at, thing in enumerate(dict.fromkeys(things.values()))}
        #: The kind of each thing that one of several tests left, by the observation's number.
        self.doubtful = {number: kinds[thing] for number, thing in things.items()}
        self._doubts = [_doubt(makers, name, told=told) for name, told in kinds]
        self._tests = [(test, bits[test.nodeid]) for test in tests]
        self._found: dict[int, frozenset[str]] = {}

    def of(self, number: int) -> frozenset[str]:
        """Return the ids of the tests that may have left what an observation tells of."""
        kind = self.doubtful[number]
        if kind not in self._found:
            names, asking, near = self._doubts[kind]
            # What an import does that a test causes is the import's, too.
            self._found[kind] = frozenset(
                test.nodeid
                for test, ran in self._tests
                if (ran & asking and ran & near) or not names.isdisjoint(test.names)
            )
        return self._found[kind]


def _doubt(makers: Makers, name: str, *, told: bool) -> _Doubt:
    path, _, trail = name.partition(":")
    thing = makers.thing(path, trail)
    if not told:
        # Nobody compares it later: whatever may have made it counts.
        return _Doubt(thing.names, as_bits(makers.possible(path, thing)), -1)
    near = makers.near(path, trail)
    return _Doubt(thing.names, as_bits(makers.users(thing)), -1 if near is None else as_bits(near))


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
