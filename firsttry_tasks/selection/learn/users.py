"""Finds the tests that may feel what another test left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.model.recording import ADDED, FELT, LIBRARY, PERHAPS, VARIABLE
from firsttry_tasks.selection.evidence.bitsets import as_bits
from firsttry_tasks.selection.learn.makers import Makers
from firsttry_tasks.selection.learn.shared_state import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
    )
    from firsttry_tasks.selection.learn.trails import Thing


class _Asked(NamedTuple):
    """A thing, the units that may use it, those that add to it, and whose it is, "" for ours.

    Units are bits.
    """

    thing: Thing
    users: int
    adding: int
    lent: str


class Users:
    """Finds the tests that may feel what was left, by any recorded run."""

    def __init__(self, recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> None:
        """Take the recorded runs, and what holds the files as they were recorded."""
        self._runs, self._now = recorded_runs, now
        self._makers: dict[int, Makers] = {}
        #: By run: the units that ran for a test, and those of a scope, as bits.
        self._ran: dict[int, dict[str, int]] = {}
        self._scopes: dict[int, dict[int, int]] = {}
        #: The same for all that left it, and asked for each of them.
        self._among: dict[str, frozenset[str]] = {}
        #: Those of one run that may feel it, by what tells them apart; many things have one name.
        self._found: dict[tuple[object, ...], list[str]] = {}

    def among(self, tests: AbstractSet[str], name: str, who: str) -> frozenset[str]:
        """Return which of some tests, always the same, may feel what one left under a name."""
        if name.startswith(FELT):
            return frozenset(tests & {*self.of(name, who)})
        if name not in self._among:
            self._among[name] = frozenset(self.of(name, who, tests))
        return self._among[name]

    def of(self, name: str, who: str, tests: AbstractSet[str] | None = None) -> Iterator[str]:
        """Yield the tests that may feel what one test, or an import, left under a name.

        Where ``tests`` are given, only those are asked about.
        """
        for at, run in enumerate(self._runs):
            if name.startswith(FELT):
                yield from _later(run, who)
            elif name.startswith(VARIABLE):
                found = _asking(run, {name.removeprefix(VARIABLE), ALL})
                yield from (it for it in found if tests is None or it in tests)
            else:
                yield from self._using(at, run, name, tests)

    def _using(
        self, at: int, run: RecordedRun, name: str, tests: AbstractSet[str] | None
    ) -> Iterator[str]:
        path, _, trail = name.partition(":")
        makers, library = self._of(at, run), name.startswith(LIBRARY)
        thing = makers.thing(path, trail)
        # Whoever adds what is missing needs nobody who may have added it before.
        doubtful = name.endswith(PERHAPS) and ADDED in name and not library
        adding = makers.writers(path, trail) if doubtful else frozenset()
        lent = trail.partition(":")[0].partition(".")[0] if library else ""
        key = at, thing.names, adding, lent
        if key not in self._found:
            asked = _Asked(thing, as_bits(makers.users(thing)), as_bits(adding), lent)
            self._found[key] = [*self._feeling(at, asked)]
        yield from (it for it in self._found[key] if tests is None or it in tests)

    def _feeling(self, at: int, asked: _Asked) -> Iterator[str]:
        """Yield the tests of a recorded run that may feel a thing."""
        run, ran = self._runs[at], self._ran.setdefault(at, {})
        seen = enumerate(run.observations) if asked.lent else ()
        lent = {
            n for n, (kind, it) in seen if kind == "module" and it.partition(".")[0] == asked.lent
        }
        for test in run.tests:
            # A fixture's value comes as an argument, and its code may be the library's.
            names = asked.thing.names
            handed = not names.isdisjoint(test.names)
            # A test may have thousands of them, which would be gone through one by one.
            handed = handed or (bool(lent) and not lent.isdisjoint(test.observations))
            if test.nodeid not in ran:
                ran[test.nodeid] = _ran(run, test, self._scopes.setdefault(at, {}))
            mine = ran[test.nodeid]
            if (handed or asked.users & mine) and not asked.adding & mine:
                yield test.nodeid

    def _of(self, at: int, run: RecordedRun) -> Makers:
        if at not in self._makers:
            files = {*run.modules.values(), *(it for it, _ in run.units)}
            self._makers[at] = Makers(
                run.units,
                (it for it in files if it in run.manifest),
                lambda it: self._now.before(it, run.manifest[it]) if it in run.manifest else (),
            )
        return self._makers[at]


def _later(run: RecordedRun, who: str) -> Iterator[str]:
    """Yield the tests that come after one, all where it is none: as they ran, and by name."""
    came = [test.nodeid for test in run.tests]
    # Each process of pytest-xdist ran a part of the tests, which another run divides otherwise.
    for every in (came, sorted(came)):
        yield from every[every.index(who) + 1 :] if who in every else every


def _asking(run: RecordedRun, variables: set[str]) -> Iterator[str]:
    numbers = {
        n for n, (kind, name) in enumerate(run.observations) if kind == "env" and name in variables
    }
    for test in run.tests:
        seen = {*test.observations, *(n for at in test.scopes for n in run.scopes[at].observations)}
        if not numbers.isdisjoint(seen):
            yield test.nodeid


def _ran(run: RecordedRun, test: RecordedTest, known: dict[int, int]) -> int:
    """Return the units that ran for a test, as bits; ``known`` are those of scopes."""
    found = as_bits(test.ran())
    for at in test.scopes:
        scope = run.scopes[at]
        if scope.kind != "compared":
            if at not in known:
                known[at] = as_bits(scope.units)
            found |= known[at]
    return found
