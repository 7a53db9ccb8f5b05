"""Keeps together the tests that share a fixture in which each finds what those before it left.

A row more in the database of a session is seen by no look at objects. So a person names such
fixtures (``shared_fixtures``), and of the tests that use one all run, in their order, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.model.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.model.recording import Record, ScopeRecord, TestRecord
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest, Scope


class _Group(NamedTuple):
    """The value of a fixture that tests share."""

    fixture: str
    #: Where it is defined, "" where that is not known, and the file or class that has its own.
    defined: str = ""
    owner: str = ""


#: The tests of each group, each with the number of the newest run that has it.
Members = dict[_Group, dict[str, int]]


def together(
    recorded_runs: Sequence[RecordedRun],
    fixtures: Collection[str],
    existing: Collection[str],
    chosen: Collection[str],
) -> dict[str, str]:
    """Return the tests that have to run with others, each with the reason.

    ``existing`` are the tests that there are, and ``chosen`` those that run anyway.
    """
    members = _members(recorded_runs, fixtures)
    gone: dict[_Group, str] = {}
    for group, tests in members.items():
        # What is gone leaves nothing any more. Once all others have run since, they show it.
        last = max((at for nodeid, at in tests.items() if nodeid in existing), default=-1)
        for nodeid, at in tests.items():
            if nodeid not in existing and at <= last:
                gone[group] = f"{nodeid} is gone, which used {group.fixture}"
    left = {nodeid for tests in members.values() for nodeid in tests}.intersection(existing)
    return _spread(members, gone, chosen, left.difference(chosen))


def joining(
    records: Sequence[Record],
    recorded_runs: Sequence[RecordedRun],
    fixtures: Collection[str],
    left: Collection[str],
) -> dict[str, str]:
    """Return which of the tests that were ``left`` out share a fixture with those that ran.

    Only its run tells what a new test uses, or one that was edited.
    """
    ran = [test.nodeid for record in records for test in record.tests]
    return _spread(_members((*records, *recorded_runs), fixtures), {}, ran, left)


def idle(fixtures: Collection[str], recorded_runs: Sequence[RecordedRun]) -> Iterator[str]:
    """Yield a note for each fixture that no known test uses: a name that was mistyped, say."""
    # Asked for only where something is named: it takes a walk through all records.
    runs = recorded_runs if fixtures else ()
    known = {name for run in runs for test in run.tests for name in _used(run.scopes, test)}
    for name in fixtures:
        # Before the first run no test is known.
        if known and name not in known:
            yield (
                f'note: no known test uses the fixture "{name}", which shared_fixtures in'
                f" [tool.firsttry] names.{nearest(name, sorted(known))}"
            )


def _spread(
    members: Members, why: Mapping[_Group, str], chosen: Collection[str], left: Collection[str]
) -> dict[str, str]:
    """Return what of ``left`` shares a group with a test that runs, and so on from those."""
    found: dict[str, str] = {}
    waiting = dict(members)
    while waiting:
        hits = {group: _hit(group, tests, chosen, found) for group, tests in waiting.items()}
        reasons = {group: reason for group in waiting if (reason := why.get(group) or hits[group])}
        if not reasons:
            break
        for group, reason in reasons.items():
            for nodeid in waiting.pop(group):
                if nodeid in left:
                    found.setdefault(nodeid, reason)
    return found


def _hit(group: _Group, tests: Iterable[str], *running: Collection[str]) -> str:
    first = next((it for it in tests if any(it in some for some in running)), None)
    return f"{first} runs, and both use {group.fixture}" if first is not None else ""


def _members(recordings: Sequence[RecordedRun | Record], fixtures: Collection[str]) -> Members:
    found: Members = {}
    known: set[str] = set()
    for at, recording in enumerate(recordings if fixtures else ()):
        # What a test uses now, its newest run tells.
        fresh = [test for test in recording.tests if test.nodeid not in known]
        known.update(test.nodeid for test in fresh)
        for test in fresh:
            used = _used(recording.scopes, test)
            for name in fixtures:
                for group in used.get(name, ()):
                    found.setdefault(group, {})[test.nodeid] = at
    return found


def _used(
    scopes: Sequence[Scope | ScopeRecord], test: RecordedTest | TestRecord
) -> dict[str, set[_Group]]:
    """Return the fixtures that a test uses, through others too, each with its groups."""
    found: dict[str, set[_Group]] = {}
    seen = set(test.scopes)
    waiting = [*seen]
    while waiting:
        scope = scopes[waiting.pop()]
        if scope.kind != "fixture":
            continue
        waiting += set(scope.used) - seen
        seen.update(scope.used)
        name = scope.name.rpartition("::")[2]
        found.setdefault(name, set()).add(_Group(name, scope.name, _owner(scope.reach, test)))
    # One that is made for each test may be a way to something that stays.
    return {name: {_Group(name)} for name in test.names} | found


def _owner(reach: str, test: RecordedTest | TestRecord) -> str:
    if reach == "class":
        return test.nodeid.partition("[")[0].rpartition("::")[0]
    return test.path if reach == "module" else ""
