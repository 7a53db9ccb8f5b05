"""Selects the tests that have to run, each with its reason."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from firsttry_tasks.model.values import Selection
from firsttry_tasks.selection.decide import leftovers, shared_checks, shared_fixtures
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.decide.test_files import TestFiles
from firsttry_tasks.selection.decide.validity import Validity
from firsttry_tasks.selection.learn import left_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun


class _Votes(NamedTuple):
    """What recorded runs say of tests, newest first."""

    #: Those that have to run, each with the reason.
    tests: dict[str, str]
    #: Those that a run vouches for.
    valid: set[str]
    #: Of these, those that changed since a newer run: they were brought back.
    back: set[str]
    #: Of those that have to run, in how many files the tree differs from that of the run which
    #: gave the reason.
    far: dict[str, int]


def choose(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> Selection:
    """Return the selection for the current tree; ``recorded_runs`` come newest first.

    A test needs no run if any recorded run vouches for it: the test passed there, and nothing
    that it used has changed since. So after an edit is taken back, the run before it vouches.
    """
    if not any(recorded.tests for recorded in recorded_runs):
        return Selection(everything=("no tests are recorded yet",))
    # No selection of tests can show that this is mended: only what ran when it was seen.
    if recorded_runs[0].red:
        what = ", ".join(recorded_runs[0].red)
        return Selection(everything=(f"the last run was red, and not by its tests alone ({what})",))
    now = replace(now, unsteady=left_names.unsteady(recorded_runs, now))
    existing = _existing(recorded_runs, now)
    votes = _Votes({}, set(), set(), {})
    judged = _judged(recorded_runs, now, existing, votes)
    tests, valid = votes.tests, votes.valid
    # Fail closed, but only if no judged run can be trusted: one that matches the environment is
    # enough to select by.
    if all(one.effects.everything for one in judged):
        return Selection(everything=judged[0].effects.everything)
    # A collected test without a result: its run was cut short, or its file was only collected.
    tests |= dict.fromkeys(sorted(existing - tests.keys() - valid), "never ran")
    files: dict[str, str] = {}
    homes: set[str] = set()
    for one in judged:
        # A newer run knows its test files better than an older one, so each file is asked about
        # once, by the newest run that has collected it.
        tests |= TestFiles(one).sentinels(tests, valid, recorded_runs)
        files |= TestFiles(one).files(homes)
        homes |= one.recorded.homes()
    files |= TestFiles(judged[0]).new_files(homes)
    codes = [one.effects.code for one in judged if one.effects.code is not None]
    tests = leftovers.rearranged(codes, recorded_runs, now, existing) | tests
    failed = {nodeid for nodeid, why in tests.items() if why == FAILED}
    tests |= leftovers.needed(failed, votes.back, recorded_runs, now)
    tests |= shared_fixtures.together(recorded_runs, now.shared_fixtures, existing, tests)
    tests |= shared_checks.together(recorded_runs, now.manifest, existing, tests)
    # A file is skipped as a whole, not even imported, only if none of its tests runs.
    busy = {nodeid.partition("::")[0] for nodeid in tests} | files.keys()
    return Selection(
        why=tests,
        files=files,
        skip_tests=frozenset(valid - tests.keys()),
        skip_files=frozenset(homes - busy),
        total=len(existing),
    )


def seconds(chosen: Selection, recorded_runs: Sequence[RecordedRun]) -> float:
    """Return the seconds that the selected tests took when they ran last.

    It is infinity where that isn't known: all tests run, files are searched, a test is new.
    """
    if chosen.everything or chosen.files:
        return math.inf
    known: dict[str, float] = {}
    for recorded in recorded_runs:
        for test in recorded.tests:
            known.setdefault(test.nodeid, test.seconds)
    return sum(known.get(nodeid, math.inf) for nodeid in chosen.why)


def _judged(
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    existing: set[str],
    votes: _Votes,
) -> list[Validity]:
    """Judge the runs that may say something, and add what they say of each test."""
    judged: list[Validity] = []
    for recorded in recorded_runs:
        # To judge a run takes most of the deciding time, so a run that can change no answer is
        # not judged.
        if not judged or _may_help(recorded, judged, existing - votes.valid, votes.tests):
            judged.append(Validity(recorded, now))
            _vote(judged[-1], existing, votes)
    return judged


def _may_help(
    recorded: RecordedRun, judged: Sequence[Validity], left: set[str], tests: Mapping[str, str]
) -> bool:
    """Tell whether an older recorded run may add to what the newer ones have said.

    It may if it holds tests or test files that they don't hold, or if a file that changed since
    then is in the older run as it is now.
    """
    known = set().union(*(one.recorded.homes() for one in judged))
    if recorded.homes() & judged[0].now.manifest.keys() - known:
        return True
    mine = {test.nodeid for test in recorded.tests} & left
    if not mine <= tests.keys():
        return True
    # A red result is final, whatever an older run says; all other reasons may be answered.
    unsure = any(tests[nodeid] != FAILED for nodeid in mine)
    return unsure and any(one.brought_back(recorded) for one in judged)


def _vote(one: Validity, existing: set[str], votes: _Votes) -> None:
    """Ask one recorded run about each of its tests that no newer run has settled."""
    tests, valid, back, far = votes
    mine = len(one.effects.changes.paths)
    for test in one.recorded.tests:
        if test.nodeid not in existing or test.nodeid in valid or tests.get(test.nodeid) == FAILED:
            continue
        why = one.why(test)
        if why is None and test.outcome == "failed":
            tests[test.nodeid] = FAILED
        elif why is None:
            valid.add(test.nodeid)
            if tests.pop(test.nodeid, None) is not None:
                back.add(test.nodeid)
        # The run whose tree is nearest tells what the edit did; the newest may have been of
        # another one, which was taken back since.
        elif mine < far.get(test.nodeid, mine + 1):
            tests[test.nodeid], far[test.nodeid] = why, mine


def _existing(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> set[str]:
    """Return the node ids of all tests that exist, as far as recorded runs collected them.

    Each file's tests come from the newest run that saw the file as it is now, or else from the
    newest run that saw it.
    """
    found: dict[str, tuple[bool, RecordedRun]] = {}
    for recorded in recorded_runs:
        for path in recorded.collected:
            same = recorded.manifest.get(path) == now.manifest.get(path)
            if path in now.manifest and (path not in found or (same and not found[path][0])):
                found[path] = same, recorded
    # The project's own options (`-m "not slow"`) leave these out in a plain run too, so they
    # are not tests that could be missed.
    left = {nodeid for _, recorded in found.values() for nodeid in recorded.deselected_by_project}
    return {
        f"{path}{rest}"
        for path, (_, recorded) in found.items()
        for rest in recorded.collected[path]
    } - left
