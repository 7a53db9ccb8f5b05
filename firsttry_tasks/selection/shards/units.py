"""Says which tests stay together: what must, always; what should, unless it takes too long.

Together must stay what one test does for another: the tests of a group that a mark names, a pair
that is known to depend on its order, what a plugin makes of one file. Together should stay what is
set up once for many: tests that share a fixture of the session, a file, a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    #: Returns the names of what a test shares with others.
    Names = Callable[["PlannedTest"], Iterable[str]]


class PlannedTest(Struct, frozen=True, kw_only=True, gc=False):
    """A test as it was collected.

    Tests with a name of ``bound`` in common have to run in one process, tests with a name of
    ``shares`` in common had better.
    """

    nodeid: str
    bound: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Return the path of the test's file."""
        return self.nodeid.partition("::")[0]


class Unit(Struct, frozen=True, kw_only=True, gc=False):
    """Tests that one shard runs, in the order in which they were collected, and their seconds."""

    tests: tuple[str, ...]
    seconds: float


def paired(
    tests: Iterable[PlannedTest], pairs: Iterable[tuple[str, str]]
) -> tuple[PlannedTest, ...]:
    """Return the tests with each pair of node ids bound together."""
    names: dict[str, list[str]] = {}
    for pair in pairs:
        for nodeid in pair:
            names.setdefault(nodeid, []).append(f"order:{pair[0]} {pair[1]}")
    return tuple(
        PlannedTest(
            nodeid=it.nodeid, bound=(*it.bound, *names.get(it.nodeid, ())), shares=it.shares
        )
        for it in tests
    )


def units(
    tests: Sequence[PlannedTest], seconds: Mapping[str, float], limit: float
) -> tuple[Unit, ...]:
    """Return the units, none longer than ``limit`` where nothing forces it to be."""
    atoms = joined([(it,) for it in tests], lambda it: it.bound)
    dear = _longer([it for atom in atoms for it in atom], seconds, limit)
    # What costs most to set up twice comes first, and is given up first where it is too long.
    levels: tuple[Names, ...] = (
        lambda it: (it.file, *(name for name in it.shares if name not in dear)),
        lambda it: (it.file,),
        lambda it: (_family(it.nodeid),),
    )
    pieces = _Pieces(seconds, limit, levels).of(atoms)
    return tuple(
        Unit(tests=tuple(it.nodeid for it in piece), seconds=_seconds(piece, seconds))
        for piece in pieces
    )


def joined(
    groups: Iterable[tuple[PlannedTest, ...]], names: Names
) -> list[tuple[PlannedTest, ...]]:
    """Join groups of tests that have a name in common, each in its place by its first test."""
    held = list(groups)
    chief = list(range(len(held)))

    def top(number: int) -> int:
        while chief[number] != number:
            chief[number] = chief[chief[number]]
            number = chief[number]
        return number

    first: dict[str, int] = {}
    for number, group in enumerate(held):
        for name in dict.fromkeys(name for it in group for name in names(it)):
            one, other = sorted((top(number), top(first.setdefault(name, number))))
            chief[other] = one
    found: dict[int, list[PlannedTest]] = {}
    for number, group in enumerate(held):
        found.setdefault(top(number), []).extend(group)
    return [tuple(group) for group in found.values()]


class _Pieces:
    """Takes groups apart, level by level, where they are too long."""

    def __init__(
        self, seconds: Mapping[str, float], limit: float, levels: tuple[Names, ...]
    ) -> None:
        self._seconds = seconds
        self._limit = limit
        self._levels = levels

    def of(
        self, atoms: list[tuple[PlannedTest, ...]], level: int = 0
    ) -> list[tuple[PlannedTest, ...]]:
        """Return pieces of atoms, whole by the first level at which they are short enough."""
        if level == len(self._levels):
            return atoms
        names = self._levels[level]
        pieces: list[tuple[PlannedTest, ...]] = []
        for group, inside in _grouped(atoms, names):
            if _seconds(group, self._seconds) <= self._limit or len(inside) == 1:
                pieces.append(group)
            else:
                # Neighbours go on together: a file that is divided is set up in few shards.
                pieces += self._packed(self.of(inside, level + 1))
        return pieces

    def _packed(
        self, pieces: Iterable[tuple[PlannedTest, ...]]
    ) -> Iterator[tuple[PlannedTest, ...]]:
        pack: list[PlannedTest] = []
        taken = 0.0
        for piece in pieces:
            more = _seconds(piece, self._seconds)
            if pack and taken + more > self._limit:
                yield tuple(pack)
                pack, taken = [], 0.0
            pack += piece
            taken += more
        if pack:
            yield tuple(pack)


def _grouped(
    atoms: list[tuple[PlannedTest, ...]], names: Names
) -> Iterator[tuple[tuple[PlannedTest, ...], list[tuple[PlannedTest, ...]]]]:
    """Yield each group of atoms that share a name, as one and as its atoms."""
    home = {it.nodeid: atom for atom in atoms for it in atom}
    for group in joined(atoms, names):
        inside = {atom[0].nodeid: atom for atom in (home[it.nodeid] for it in group)}
        yield group, list(inside.values())


def _longer(
    tests: Iterable[PlannedTest], seconds: Mapping[str, float], limit: float
) -> frozenset[str]:
    """Return what is shared by more tests than one shard can run."""
    taken: dict[str, float] = {}
    for it in tests:
        for name in it.shares:
            taken[name] = taken.get(name, 0.0) + seconds[it.nodeid]
    return frozenset(name for name, length in taken.items() if length > limit)


def _family(nodeid: str) -> str:
    """Return a test's class, or its function where it has none."""
    above, _, name = nodeid.partition("[")[0].rpartition("::")
    return above if "::" in above else f"{above}::{name}"


def _seconds(tests: Iterable[PlannedTest], seconds: Mapping[str, float]) -> float:
    return sum((seconds[it.nodeid] for it in tests), 0.0)
