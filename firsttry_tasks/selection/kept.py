"""What runs for one test and serves others: kept results, and files that tests write.

A function that keeps what it computed (a cache, a lazy singleton, a module's variable) runs in
full for one test only. So every test that may get the result also rests on what such a function
can have run: of all that ran in the tests that called it, what it leads to by name.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.selection.learned import Frame, Test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.selection.piece import Piece

Unit = tuple[str, int]

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
    ) -> None:
        """Take what ran, by number."""
        self.facts = facts
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
            made = _bits(callers) if piece.cache else _bits(callers & -callers)
            reach = self._reach(number)
            units = {unit for at in made for unit in ran[at] & reach}
            facts = {n for at in made for n in tests[at].facts if self.facts[n][0] in _TELLING}
            if not piece.cache:
                # What is made once runs in the first of those who ask for it, and few others.
                most = max(1, callers.bit_count() // _RARE)
                units = {n for n in units if (by_unit[n] & callers).bit_count() <= most}
                facts = {n for n in facts if (by_fact[n] & callers).bit_count() <= most}
            elif callers:
                units.add(number)
                for other in self._asking(piece):
                    callers |= by_unit.get(other, 0)
            if units or facts:
                frame = self._frame("kept", piece.key, units, facts)
                for at in _bits(callers):
                    more[tests[at].nodeid].add(frame)

    def _asking(self, piece: Piece) -> Iterator[int]:
        """Return who names a function: a cache may answer them without running it."""
        name = piece.key.rpartition(".")[2].partition("#")[0]
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
