"""What runs for one test and serves others: kept results, and files that tests write.

A function that keeps what it computed (a cache, a lazy singleton, a module's variable) runs in
full for one test only. So every test that may get the result also rests on what such a function
ran, where that was recorded (a frame of kind cache), or else on what it can have run: of all that
ran in the tests that called it, what it leads to by name.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.selection.learned import Frame, Test
from firsttry_tasks.selection.piece import CONSTRUCTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.selection.piece import Piece

Unit = tuple[str, int]

#: Kind of a frame of kept things that may have been made by others.
GIVEN = "given"

#: Facts that may have been seen while something was made that is kept.
_TELLING = frozenset({"read", "list", "look", "env", "outside", "module"})
#: One in so many of the tests that ask for a kept thing may make it anew.
_RARE = 20


class Shared:
    """Adds frames for kept results and written files to the tests of one session."""

    def __init__(
        self,
        units: Sequence[Unit],
        facts: Sequence[tuple[str, str]],
        frames: Sequence[Frame],
        pieces: Callable[[str], tuple[Piece, ...]],
        caches: Mapping[int, Iterable[int]],
    ) -> None:
        """Take what ran, by number; ``caches`` are the frames of functions that keep results."""
        self.facts = facts
        self.sources = pieces
        self.caches = {
            unit: numbers
            for unit, numbers in caches.items()
            if not any(facts[n] == ("loose", "") for at in numbers for n in frames[at].facts)
        }
        self.frames = list(frames)
        self.pieces = {
            number: pieces(path)[piece]
            for number, (path, piece) in enumerate(units)
            if 0 <= piece < len(pieces(path))
        }
        self._called = _by_name(self.pieces)

    def tests(self, tests: Iterable[Test]) -> tuple[Test, ...]:
        """Return the tests, each with the frames it shares."""
        held = tuple(tests)
        more: dict[str, set[int]] = {test.nodeid: set() for test in held}
        self._kept(held, more)
        self._written(held, more)
        return tuple(
            msgspec.structs.replace(test, frames=(*test.frames, *sorted(more[test.nodeid])))
            if more[test.nodeid]
            else test
            for test in held
        )

    def _kept(self, tests: Sequence[Test], more: Mapping[str, set[int]]) -> None:
        keepers = {n: piece for n, piece in self.pieces.items() if piece.body and piece.memo}
        if not keepers:
            return
        ran = [set(test.ran()) for test in tests]
        by_unit, by_fact = _masks(ran), _masks([test.facts for test in tests])
        for number, piece in keepers.items():
            callers = by_unit.get(number, 0)
            if piece.cache:
                made = (tests[at] for at in _bits(callers))
                self._asked(number, piece, self._caches(number, made), tests, by_unit, more)
                continue
            first = next(_bits(callers), None)
            if first is None:
                continue
            # What is made once runs in the first of those who ask for it, and few others.
            most = max(1, callers.bit_count() // _RARE)
            reach = self._reach(number)
            # A constructor tells, however many run it, that there is an object of its class.
            units = {
                n
                for n in ran[first] & reach
                if (by_unit[n] & callers).bit_count() <= most
                or self.pieces[n].key.endswith(CONSTRUCTORS)
            }
            seen = (n for n in tests[first].facts if self.facts[n][0] in _TELLING)
            facts = {n for n in seen if (by_fact[n] & callers).bit_count() <= most}
            takers = self._takers(number, piece, by_unit)
            if units or facts or takers & ~callers:
                kind = GIVEN if piece.takes else "kept"
                frame = self._frame(kind, piece.key, {number, *units}, facts)
                for at in _bits(callers | takers):
                    more[tests[at].nodeid].add(frame)

    def _takers(self, number: int, piece: Piece, by_unit: Mapping[int, int]) -> int:
        """Return the tests that may take what a function keeps without asking it.

        ``self._code or self._make_code()`` asks only where nobody has asked before.
        """
        takers = 0
        for other, one in self.pieces.items():
            if other != number and one.body and not piece.keeps.isdisjoint(one.attrs | one.names):
                takers |= by_unit.get(other, 0)
        return takers

    def _caches(self, number: int, made: Iterable[Test]) -> set[int]:
        """Return the frames that hold what a cached function did, itself included."""
        known = set(self.caches.get(number, ()))
        for at in known:
            inside = tuple(sorted({*self.frames[at].units, number}))
            self.frames[at] = msgspec.structs.replace(self.frames[at], units=inside)
        if known:
            return known
        reach = self._reach(number)
        units, facts = {number}, set()
        for test in made:
            units |= reach.intersection(test.ran())
            facts |= {n for n in test.facts if self.facts[n][0] in _TELLING}
        for frame in self.frames:
            asked = {place for place, unit in frame.lines if unit == number}
            units |= {unit for place, unit in frame.lines if place in asked and unit in reach}
        return {self._frame("kept", self.pieces[number].key, units, facts)}

    def _asked(
        self,
        number: int,
        piece: Piece,
        frames: set[int],
        tests: Sequence[Test],
        by_unit: Mapping[int, int],
        more: Mapping[str, set[int]],
    ) -> None:
        """Let all who may be answered by a cache rest on what its function did."""
        asking = {number, *self._asking(piece)}
        callers = 0
        for unit in asking:
            callers |= by_unit.get(unit, 0)
        for at in _bits(callers):
            more[tests[at].nodeid] |= frames
        units = {unit for at in frames for unit in self.frames[at].units}
        for at, frame in enumerate(self.frames):
            if frame.kind == "import":
                places = self._lines(frame.name, piece)
                lines = {*frame.lines, *((place, unit) for place in places for unit in units)}
                self.frames[at] = msgspec.structs.replace(frame, lines=tuple(sorted(lines)))
            elif at not in frames and not asking.isdisjoint(frame.units):
                used = tuple(sorted({*frame.used, *frames}))
                self.frames[at] = msgspec.structs.replace(frame, used=used)

    def _lines(self, path: str, piece: Piece) -> Iterator[int]:
        """Return which statements of a module name a function."""
        name = _last(piece)
        for place, one in enumerate(self.sources(path)):
            if not one.body and not one.imports and (name in one.names or name in one.attrs):
                yield place

    def _asking(self, piece: Piece) -> Iterator[int]:
        """Return who names a function: a cache may answer them without running it."""
        name = _last(piece)
        for other, one in self.pieces.items():
            if name in one.names or name in one.attrs:
                yield other

    def _reach(self, number: int) -> set[int]:
        """Return what a unit leads to, by the names in it and in what they name."""
        found: set[int] = set()
        waiting = [number]
        while waiting:
            piece = self.pieces[waiting.pop()]
            for name in piece.names | piece.attrs:
                fresh = self._called.get(name, set()) - found
                found |= fresh
                waiting.extend(fresh)
        return found

    def _written(self, tests: Sequence[Test], more: Mapping[str, set[int]]) -> None:
        """Let a test that reads what another wrote rest on all that the other rests on."""
        for number, (kind, path) in enumerate(self.facts):
            if kind != "write":
                continue
            writers = [test for test in tests if number in test.facts]
            reading = {
                other
                for other, (how, name) in enumerate(self.facts)
                if name == path and how in {"read", "look"}
            }
            if not writers or not reading:
                continue
            units = {unit for test in writers for unit in test.ran()}
            facts = {fact for test in writers for fact in test.facts}
            used = {frame for test in writers for frame in test.frames}
            frame = self._frame("file", path, units, facts, used)
            for test in tests:
                if not reading.isdisjoint(test.facts):
                    more[test.nodeid].add(frame)

    def _frame(
        self,
        kind: str,
        name: str,
        units: Iterable[int],
        facts: Iterable[int],
        used: Iterable[int] = (),
    ) -> int:
        made = Frame(
            kind=kind,
            name=name,
            units=tuple(sorted(units)),
            facts=tuple(sorted(facts)),
            used=tuple(sorted(used)),
            lines=(),
        )
        self.frames.append(made)
        return len(self.frames) - 1


def _last(piece: Piece) -> str:
    return piece.key.rpartition(".")[2].partition("#")[0]


def _masks(seen: Sequence[Iterable[int]]) -> dict[int, int]:
    """Return for each number a mask of the places where it was seen."""
    width = len(seen) // 8 + 1
    found: dict[int, bytearray] = {}
    for place, numbers in enumerate(seen):
        for number in numbers:
            found.setdefault(number, bytearray(width))[place >> 3] |= 1 << (place & 7)
    return {number: int.from_bytes(mask, "little") for number, mask in found.items()}


def _bits(mask: int) -> Iterator[int]:
    """Return the places of a mask, the first one first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _by_name(pieces: Mapping[int, Piece]) -> dict[str, set[int]]:
    """Return functions by their own name, methods also by their class's."""
    found: dict[str, set[int]] = {}
    for number, piece in pieces.items():
        if piece.body:
            for name in piece.key.replace("#", ".").split("."):
                found.setdefault(name, set()).add(number)
    return found


def packed(numbers: Iterable[int]) -> bytes:
    """Return numbers as the bytes that ``Test.ran`` reads."""
    return array("I", sorted(numbers)).tobytes()
