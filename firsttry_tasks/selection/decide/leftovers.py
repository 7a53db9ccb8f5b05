"""Chooses more tests where others leave something else behind, or leave it at another time.

A test that sets a variable now, or changes a table of a module, may break tests after it that no
change concerns. So the tests that use what it left run as well. And so they do where a test that
leaves something may have come to another place in the order of all tests.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.recording import DRAWN, FELT, LIBRARY, PERHAPS, VARIABLE
from firsttry_tasks.selection.decide import shared_fixtures
from firsttry_tasks.selection.evidence.makers import Makers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
    )
    from firsttry_tasks.selection.impact.code_changes import CodeChanges

#: How a walk through all variables is observed.
_ALL = "*"


def otherwise(
    chosen: Selection,
    records: Sequence[Record],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
) -> Selection:
    """Return the selection with the tests that what was left behind may concern."""
    why: dict[str, str] = {}
    users = _Users(recorded_runs, now)
    for name, who in sorted(_fresh(records, recorded_runs).items()):
        told = f"{who} leaves {_shown(name)} changed"
        for nodeid in users.of(name, who):
            if nodeid in chosen.skip_tests:
                why.setdefault(nodeid, told)
    shadow = _shadow(records, recorded_runs, now)
    why |= dict.fromkeys(sorted(chosen.skip_tests), shadow) if shadow else {}
    if not chosen.empty:
        # Smoke tests that run in place of none are no change.
        fixtures = now.shared_fixtures
        more = shared_fixtures.joining(records, recorded_runs, fixtures, chosen.skip_tests)
        why |= {nodeid: it for nodeid, it in more.items() if nodeid not in why}
    return _with(chosen, why)


def rearranged(
    code: CodeChanges | None,
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    existing: AbstractSet[str],
) -> dict[str, str]:
    """Return the tests that those may concern which run at another time now, each with the reason.

    A test function that stands elsewhere in its file comes at another time. Where a plugin puts
    tests in an order of its own, so may one whose decorators changed.
    """
    places = _moved(code, recorded_runs) if code is not None else {}
    moved = {it for it in existing if _is_moved(it, places)} if any(places.values()) else set()
    if not moved:
        return {}
    users, found = _Users(recorded_runs, now), dict[str, str]()
    for who, names in sorted(_own(recorded_runs).items()):
        for name in sorted({it.removesuffix(PERHAPS) for it in names}):
            concerned = set(users.of(name, who))
            if who in moved:
                told = f"{who}, which leaves {_shown(name)} changed, may come at another time now"
                found |= dict.fromkeys(concerned & existing - {who}, told)
            elif who in existing and (met := concerned & moved):
                found[who] = (
                    f"it leaves {_shown(name)} changed, and {min(met)} may come after it now"
                )
    return found


def _moved(code: CodeChanges, recorded_runs: Sequence[RecordedRun]) -> dict[str, AbstractSet[str]]:
    """Return, by file, the qualified names of what stands or is decorated otherwise than it was."""
    found: dict[str, AbstractSet[str]] = {}
    ordered = any(map(_is_ordered, recorded_runs[:1]))
    for path, delta in code.deltas.items():
        old = [code.modules.sources[path][number] for number in delta.statements]
        same = {(it.qualname, it.digest) for it in delta.added}
        whole = {(it.qualname, name) for it in delta.added for name in it.binds}
        found[path] = {
            f"{it.qualname}.{name}".lstrip(".")
            for it in old
            for name in it.binds
            if (it.qualname, it.digest) in same or (ordered and (it.qualname, name) in whole)
        }
    return found


def _is_moved(nodeid: str, moved: Mapping[str, AbstractSet[str]]) -> bool:
    """Tell whether a test, or a class around it, is among these; or whatever marks all of them."""
    path, *parts = nodeid.partition("[")[0].split("::")
    names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    marks = {"pytestmark", *(f"{name}.pytestmark" for name in names)}
    return not (names | marks).isdisjoint(moved.get(path, ()))


def _is_ordered(run: RecordedRun) -> bool:
    """Tell whether the tests of a run came in another order than that of files and functions."""
    places = {
        f"{path}{rest}": (path, at)
        for path, rests in run.collected.items()
        for at, rest in enumerate(rests)
    }
    came = [places[test.nodeid] for test in run.tests if test.nodeid in places]
    return came != sorted(came)


def _shown(name: str) -> str:
    """Return what was left in words."""
    plain = name.removeprefix(FELT).removeprefix(VARIABLE).removeprefix(LIBRARY)
    return plain.partition("=")[0]


def _with(chosen: Selection, why: dict[str, str]) -> Selection:
    busy = {nodeid.partition("::")[0] for nodeid in why}
    return replace(
        chosen,
        why=chosen.why | why,
        skip_tests=chosen.skip_tests - why.keys(),
        skip_files=chosen.skip_files - busy,
    )


def _fresh(records: Iterable[Record], recorded_runs: Sequence[RecordedRun]) -> dict[str, str]:
    """Return what was left, or not left any more, other than it is known; and by whom."""
    # What is made when first asked for is left by whoever asks first, so that anybody's record
    # counts. What only code that sets it can change is each test's own.
    known = {
        name.removesuffix(PERHAPS)
        for run in recorded_runs
        for kind, name in run.observations
        if kind == "left"
    }
    own = _own(recorded_runs)
    now: dict[str, str] = {}
    found: dict[str, str] = {}
    lost: dict[str, str] = {}
    for record in records:
        for who, observations, test in _left(record):
            names = {
                seen.name.removesuffix(PERHAPS)
                for seen in map(record.observations.__getitem__, observations)
                if seen.kind == "left"
            }
            now |= dict.fromkeys(names, who)
            before = own.get(who, frozenset()) if test else known
            ours = {it for it in names if not _by_test(it)} - known
            set_so = set(filter(_by_test, names ^ before))
            found |= dict.fromkeys(ours | (set_so if test else set()), who)
            if test:
                kept = {it for it in before - names if it.startswith(LIBRARY)}
                lost |= dict.fromkeys(kept, who)
    # A test before it may do now what it was recorded to do.
    return found | {it: who for it, who in lost.items() if not (it in now or it.endswith(PERHAPS))}


def _by_test(name: str) -> bool:
    """Tell whether only code that sets a thing so can change it, whoever comes first."""
    return name.startswith((FELT, VARIABLE)) or name.endswith(f":{DRAWN}")


def _left(record: Record) -> Iterator[tuple[str, Iterable[int], bool]]:
    """Yield who may have left something, what was observed there, and whether it is a test."""
    for test in record.tests:
        yield test.nodeid, test.observations, True
    for scope in record.scopes:
        if scope.kind in {"import", "collect"}:
            yield scope.name, scope.observations, False


def _own(recorded_runs: Sequence[RecordedRun]) -> dict[str, frozenset[str]]:
    """Return what each test left when it was recorded last."""
    found: dict[str, frozenset[str]] = {}
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        for test in run.tests:
            if test.nodeid not in found:
                found[test.nodeid] = frozenset(left[n] for n in test.observations if n in left)
    return found


class _Users:
    """Finds the tests that may feel what was left, by any recorded run."""

    def __init__(self, recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> None:
        self._runs, self._now = recorded_runs, now
        self._makers: dict[int, Makers] = {}

    def of(self, name: str, who: str) -> Iterator[str]:
        """Yield the tests that may feel what one test, or an import, left under a name."""
        for at, run in enumerate(self._runs):
            if name.startswith(FELT):
                yield from _later(run, who)
            elif name.startswith(VARIABLE):
                yield from _asking(run, {name.removeprefix(VARIABLE), _ALL})
            else:
                yield from self._using(at, run, name)

    def _using(self, at: int, run: RecordedRun, name: str) -> Iterator[str]:
        path, _, trail = name.partition(":")
        makers = self._of(at, run)
        thing = makers.thing(path, trail)
        users, library = makers.users(thing), name.startswith(LIBRARY)
        asked = trail.partition(":")[0].partition(".")[0]
        lent = {
            n
            for n, (kind, it) in enumerate(run.observations)
            if library and kind == "module" and it.partition(".")[0] == asked
        }
        for test in run.tests:
            # A fixture's value comes as an argument, and its code may be the library's.
            handed = not thing.names.isdisjoint(test.names) or not lent.isdisjoint(
                test.observations
            )
            if handed or not users.isdisjoint(_ran(run, test)):
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


def _ran(run: RecordedRun, test: RecordedTest) -> set[int]:
    return {*test.ran(), *(unit for at in test.scopes for unit in run.scopes[at].units)}


def _shadow(
    records: Iterable[Record], recorded_runs: Sequence[RecordedRun], now: CurrentTree
) -> str:
    """Return which module is found elsewhere since a folder came onto the path, "" for none."""
    newest = recorded_runs[0] if recorded_runs else None
    if newest is None:
        return ""
    came = {root for record in records for root in record.roots} - set(newest.roots)
    for path in sorted(now.manifest):
        place = PurePosixPath(path)
        folder = str(place.parent if place.name != "__init__.py" else place.parent.parent)
        name = place.stem if place.name != "__init__.py" else place.parent.name
        known = newest.modules.get(name)
        if place.suffix == ".py" and folder in came and known not in {None, path}:
            return f"{folder} came onto the path, with another module {name}"
    return ""
