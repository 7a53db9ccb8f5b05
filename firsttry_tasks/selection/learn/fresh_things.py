"""Compares what tests and imports left with what they were known to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import HOLDS, PERHAPS, SHIFTED, is_told
from firsttry_tasks.selection.learn import left_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun


def found(
    records: Iterable[Record],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    same: AbstractSet[str],
) -> dict[str, str]:
    """Return what was left, or not left any more, other than it is known; and by whom first.

    ``PERHAPS`` ends what is not added any more, as far as it was this one of several that did it.
    Nothing has changed for the tests that are the ``same``.
    """
    records = tuple(records)
    known = _Known(recorded_runs, now, records)
    lost = left_names.missing(known.own, frozenset(_gone(records, recorded_runs)))
    left: set[str] = set()
    fresh: dict[str, str] = {}
    for record in records:
        came: set[str] = set()
        for who, said, test in _left(record):
            names = known.kinds.without_doubt(said)
            if not test:
                ours, gone = known.by_import(who, said), set[str]()
            else:
                # Of what it leaves to all, too, the content may be due to who ran before.
                felt = set(map(left_names.vague, names)) if who in same else names
                ours = known.counted(who, said, known.by_test(who, felt))
                gone = known.counted(who, said, known.gone(who, names | came))
            # For whom nothing has changed is not the one of several that left it; and what it
            # leaves otherwise is so because others did not run.
            if who in same:
                ours = {it for it in ours if not is_told(it)}
                gone = {it for it in gone if not it.endswith(PERHAPS)}
            _note(fresh, ours, who)
            _note(lost, gone, who)
            came |= names
        left |= came
    for it, who in _missed(lost, left):
        _note(fresh, (it,), who)
    odd = left_names.unsteady(recorded_runs, now)
    told = {it for it in fresh if is_told(it) and it.partition(HOLDS)[0] in odd}
    return {it: who for it, who in fresh.items() if it not in told}


def file_of(who: str) -> str:
    """Return the file of a test; "" for an import, which comes before all tests."""
    return who.partition("::")[0] if "::" in who else ""


def _note(found: dict[str, str], names: Iterable[str], who: str) -> None:
    for it in names:
        if it not in found or file_of(who) < file_of(found[it]):
            found[it] = who


class _Known:
    """What recorded runs say of what is left."""

    def __init__(
        self, recorded_runs: Sequence[RecordedRun], now: CurrentTree, records: Iterable[Record]
    ) -> None:
        # What only code that sets it can change is each test's own.
        self.own = left_names.own(recorded_runs, now)
        self._all = left_names.known(recorded_runs, now)
        left: set[str] = set().union(*self.own.values())
        # What a thing is known for by one of its names, it is by each of them.
        for record in records:
            left.update(it.name for it in record.observations if it.kind == "left")
            for group in map(frozenset, record.alike):
                if not group.isdisjoint(self._all):
                    self._all |= group
        self._of_others = {it for it in self._all if SHIFTED not in it}
        self._imports = left_names.own_of_imports(recorded_runs)
        self._order = left_names.places(recorded_runs)
        self._earliest = left_names.earliest(self.own, self._order)
        # What is there before the first test is no test's to bring.
        for names in self._imports.values():
            for it in names:
                self._earliest.pop(it.removesuffix(PERHAPS), None)
        self._counts = left_names.counts(recorded_runs, now)
        self.kinds = left_names.Kinds(left)

    def by_test(self, who: str, names: AbstractSet[str]) -> set[str]:
        """Return what a test left otherwise than it is known."""
        before, kinds = self.own.get(who, frozenset()), self.kinds
        # That others count as far says nothing of this one.
        known = self._of_others - self._sooner(who, names)
        ours = {*names} - known - kinds.by_test - before - self._counts.get(who, set())
        ours |= (kinds.by_test & (names ^ before)) - kinds.felt
        ours |= left_names.felt_otherwise(names & kinds.felt, before & kinds.felt)
        return ours | kinds.set_otherwise(names, before)

    def _sooner(self, who: str, names: AbstractSet[str]) -> set[str]:
        """Return what none left before this test did: those between it and them met it never."""
        mine = self._order.get(who)
        if mine is None:
            return set()
        return {it for it in names if self._earliest.get(it, mine) > mine}

    def counted(self, who: str, said: AbstractSet[str], names: set[str]) -> set[str]:
        """Return these names without how far a test counted where it may have been one of several.

        All of them together counted that far then, or do now: the two say nothing of each other.
        """
        both = self.kinds.counted & said | self.kinds.counted & self.own.get(who, frozenset())
        doubt = {self.kinds.thing[it] for it in both}
        if not doubt:
            return names
        return {it for it in names if SHIFTED not in it or self.kinds.thing[it] not in doubt}

    def by_import(self, who: str, said: AbstractSet[str]) -> set[str]:
        """Return what an import left otherwise than it is known."""
        named = said - self.kinds.by_test
        return left_names.otherwise(named, self._imports.get(who, frozenset()), self._all)

    def gone(self, who: str, now: AbstractSet[str]) -> set[str]:
        """Return what a test was recorded to leave, or one of several, and is not there now."""
        found = self.kinds.kept_no_more(self.own.get(who, frozenset()), now)
        # It counts as far as it did in another run.
        again = {self.kinds.thing[it] for it in self._counts.get(who, set()) & now}
        return {it for it in found if SHIFTED not in it or self.kinds.thing[it] not in again}


def _missed(lost: Mapping[str, str], left: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield what is lost indeed, and by whom."""
    for it, who in lost.items():
        plain = it.removesuffix(PERHAPS)
        # What anybody adds who is the first to ask, another test may do now; and what one of
        # several left, another one of them.
        if plain not in left or (plain == it and left_names.is_set(it)):
            yield (plain if left_names.is_set(plain) else it), who


def _gone(records: Iterable[Record], recorded_runs: Sequence[RecordedRun]) -> Iterator[str]:
    """Yield the tests that files held which were searched now, and that they hold no more."""
    collected = {nodeid for record in records for nodeid in record.collected}
    for path in sorted({nodeid.partition("::")[0] for nodeid in collected}):
        # What went earlier was missed then.
        newest = next((run for run in recorded_runs if path in run.collected), None)
        rests = newest.collected[path] if newest else ()
        yield from (it for it in (f"{path}{rest}" for rest in rests) if it not in collected)


def _left(record: Record) -> Iterator[tuple[str, set[str], bool]]:
    """Yield who may have left something, what that is, and whether it is a test."""
    names = {n: it.name for n, it in enumerate(record.observations) if it.kind == "left"}
    for scope in record.scopes:
        if scope.kind in left_names.EARLY:
            yield scope.name, {names[n] for n in scope.observations if n in names}, False
    for test in record.tests:
        yield test.nodeid, {names[n] for n in test.observations if n in names}, True
