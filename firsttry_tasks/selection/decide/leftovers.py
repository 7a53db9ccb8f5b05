"""Chooses more tests where others leave something else behind, or leave it at another time.

A test that sets a variable now, or changes a table of a module, may break tests after it that no
change concerns. So the tests that use what it left run as well. And so they do where a test that
leaves something may have come to another place in the order of all tests.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.recording import (
    FELT,
    HOLDS,
    LIBRARY,
    PERHAPS,
    VARIABLE,
)
from firsttry_tasks.selection.decide import shared_fixtures
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.learn import fresh_things, left_names
from firsttry_tasks.selection.learn.users import Users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
    )
    from firsttry_tasks.selection.impact.code_changes import CodeChanges


def otherwise(
    chosen: Selection,
    records: Sequence[Record],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
) -> Selection:
    """Return the selection with the tests that what was left behind may concern."""
    why: dict[str, str] = {}
    mine = [run for run in recorded_runs if now.compares(run)]
    users, comparing = Users(recorded_runs, now), Users(mine, now)
    # Letters that another machine made say nothing here. In its runs the users of a thing rest on
    # what may have made it, and only those of the other runs on what stands in it.
    strange = left_names.things(run for run in recorded_runs if not now.compares(run))
    same = {
        test.nodeid
        for record in records
        for test in record.tests
        if test.outcome == "failed" and chosen.why.get(test.nodeid) == FAILED
    }
    order = _FileOrder(recorded_runs)
    for name, who in sorted(fresh_things.found(records, recorded_runs, now, same).items()):
        told = f"{who} leaves {_shown(name)} changed"
        known = name.partition(HOLDS)[0] in strange
        for nodeid in (comparing if known else users).of(name, who):
            # Nobody is concerned who is done by then.
            if nodeid in chosen.skip_tests and not order.is_before(nodeid, who):
                why.setdefault(nodeid, told)
    shadow = _shadow(records, recorded_runs, now)
    why |= dict.fromkeys(sorted(chosen.skip_tests), shadow) if shadow else {}
    if not chosen.empty:
        # Smoke tests that run in place of none are no change.
        fixtures = now.shared_fixtures
        more = shared_fixtures.joining(records, recorded_runs, fixtures, chosen.skip_tests)
        why |= {nodeid: it for nodeid, it in more.items() if nodeid not in why}
    return with_more(chosen, why)


def rearranged(
    codes: Sequence[CodeChanges],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    existing: AbstractSet[str],
) -> dict[str, str]:
    """Return the tests that those may concern which run at another time now, each with the reason.

    A test function that stands elsewhere in its file comes at another time. Where a plugin puts
    tests in an order of its own, so may one whose decorators changed.
    """
    missing = _missed(codes, recorded_runs, now, existing)
    places = _moved(codes[0], recorded_runs) if codes else {}
    moved = {it for it in existing if _is_moved(it, places)} if any(places.values()) else set()
    if not moved:
        return missing
    if not left_names.is_ordered(recorded_runs[0]):
        # What stands elsewhere in its file comes to another place among the tests of that alone.
        homes = {it.partition("::")[0] for it in moved}
        existing = {it for it in existing if it.partition("::")[0] in homes}
    users, found = Users(recorded_runs, now), missing
    for who, names in sorted(left_names.own(recorded_runs).items()):
        for name in sorted({it.removesuffix(PERHAPS).partition(HOLDS)[0] for it in names}):
            if who in moved:
                told = f"{who}, which leaves {_shown(name)} changed, may come at another time now"
                concerned = existing & {*users.of(name, who)} - {who}
                found |= dict.fromkeys(concerned, told)
            elif who in existing and (met := users.among(moved, name, who)):
                found[who] = (
                    f"it leaves {_shown(name)} changed, and {min(met)} may come after it now"
                )
    return found


def needed(
    failed: AbstractSet[str],
    back: AbstractSet[str],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
) -> dict[str, str]:
    """Return those of the tests that were brought ``back`` by which a red one may be red.

    They are as an older run has them, and left something else when the other one failed.
    """
    users, found = Users(recorded_runs, now), dict[str, str]()
    for run in recorded_runs if failed and back else ():
        for who, names in sorted(left_names.own([run]).items()):
            for name in sorted(names) if who in back and who not in found else ():
                if met := users.among(failed, name, who):
                    told = f"it leaves {_shown(name)} changed, as it did not when {min(met)} failed"
                    found[who] = told
    return found


def _missed(
    codes: Sequence[CodeChanges],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    existing: AbstractSet[str],
) -> dict[str, str]:
    """Return the tests that use what one left which is gone now, each with the reason."""
    before = recorded_runs[0].manifest
    homes = {path for run in recorded_runs for path in run.collected if path in before}
    # What went earlier was missed then.
    changed = [path for path in sorted(homes) if before[path] != now.manifest.get(path)]
    gone = {path: _went(path, codes) if path in now.manifest else {""} for path in changed}
    if not any(gone.values()):
        return {}
    users, own = Users(recorded_runs, now), left_names.own(recorded_runs)
    fell = {it for it in own if _is_moved(it, gone) or "" in gone.get(it.partition("::")[0], ())}
    things = {it.partition(HOLDS)[0]: who for it, who in left_names.missing(own, fell).items()}
    return {
        nodeid: f"{who}, which left {_shown(name)} changed, is gone"
        for name, who in things.items()
        for nodeid in existing & {*users.of(name, who)}
    }


def _went(path: str, codes: Iterable[CodeChanges]) -> set[str]:
    """Return the qualified names that a test file defines no more."""
    code = next((it for it in codes if path in it.deltas), None)
    if code is None:
        return set()
    delta = code.deltas[path]
    came = {(it.qualname, name) for it in delta.added for name in it.binds}
    old = (code.modules.sources[path][number] for number in delta.statements)
    went = {(it.qualname, name) for it in old for name in it.binds} - came
    return {f"{above}.{name}".lstrip(".") for above, name in went}


def _moved(code: CodeChanges, recorded_runs: Sequence[RecordedRun]) -> dict[str, AbstractSet[str]]:
    """Return, by test file, the qualified names of what stands or is decorated otherwise."""
    found: dict[str, AbstractSet[str]] = {}
    newest = recorded_runs[0]
    for path in code.deltas.keys() & newest.collected.keys():
        delta = code.deltas[path]
        same = {(it.qualname, it.digest) for it in delta.added}
        whole = {(it.qualname, name) for it in delta.added for name in it.binds}
        old = [code.modules.sources[path][number] for number in delta.statements]
        moved = {it for it in old if (it.qualname, it.digest) in same}
        turned = {(it.qualname, name) for it in old for name in it.binds} & whole
        if turned and not left_names.is_ordered(newest):
            turned = set()
        turned |= {(it.qualname, name) for it in moved for name in it.binds}
        found[path] = {f"{above}.{name}".lstrip(".") for above, name in turned}
    return found


def _is_moved(nodeid: str, moved: Mapping[str, AbstractSet[str]]) -> bool:
    """Tell whether a test, or a class around it, is among these; or whatever marks all of them."""
    path, *parts = nodeid.partition("[")[0].split("::")
    names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    marks = {"pytestmark", *(f"{name}.pytestmark" for name in names)}
    return not (names | marks).isdisjoint(moved.get(path, ()))


class _FileOrder:
    """Knows which test files come before others: by their names, where all runs show just that."""

    def __init__(self, recorded_runs: Sequence[RecordedRun]) -> None:
        sure = not any(map(left_names.is_ordered, recorded_runs))
        self._ran = [{test.path for test in it.tests} for it in recorded_runs] if sure else []

    def is_before(self, nodeid: str, who: str) -> bool:
        """Tell whether a test is over before another one begins, or an import."""
        mine, theirs = nodeid.partition("::")[0], fresh_things.file_of(who)
        return mine < theirs and any({mine, theirs} <= ran for ran in self._ran)


def _shown(name: str) -> str:
    """Return what was left in words."""
    plain = name.removeprefix(FELT).removeprefix(VARIABLE).removeprefix(LIBRARY)
    return plain.partition(HOLDS)[0]


def with_more(chosen: Selection, why: Mapping[str, str]) -> Selection:
    """Return the selection with the tests of which it is said why they run as well."""
    busy = {nodeid.partition("::")[0] for nodeid in why}
    return replace(
        chosen,
        why={**chosen.why, **why},
        skip_tests=chosen.skip_tests - why.keys(),
        skip_files=chosen.skip_files - busy,
    )


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
