"""The choice: which tests have to run, each with its why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from firsttry_tasks.model.values import Selection
from firsttry_tasks.selection.decide.test_files import Homes
from firsttry_tasks.selection.decide.validity import Judged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

FAILED = "failed when it ran last"


def choose(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> Selection:
    """Return the choice; recorded runs come newest first.

    A test needs no run if any recorded run that holds it vouches for it, as after a change back.
    """
    if not any(recorded.tests for recorded in recorded_runs):
        return Selection(everything=("no tests are recorded yet",))
    there = _there(recorded_runs, now)
    tests: dict[str, str] = {}
    valid: set[str] = set()
    judged: list[Judged] = []
    for recorded in recorded_runs:
        if not judged or _may_help(recorded, judged, there - valid, tests):
            judged.append(Judged(recorded, now))
            _vote(judged[-1], there, tests, valid)
    if all(one.effects.everything for one in judged):
        return Selection(everything=judged[0].effects.everything)
    tests |= dict.fromkeys(sorted(there - tests.keys() - valid), "never ran")
    files: dict[str, str] = {}
    homes: set[str] = set()
    for one in judged:
        tests |= Homes(one).sentinels(tests, valid, recorded_runs)
        files |= Homes(one).files(homes)
        homes |= one.recorded.homes()
    files |= Homes(judged[0]).strangers(homes)
    busy = {nodeid.partition("::")[0] for nodeid in tests} | files.keys()
    return Selection(
        why=tests,
        files=files,
        skip_tests=frozenset(valid - tests.keys()),
        skip_files=frozenset(homes - busy),
        total=len(there),
    )


def seconds(chosen: Selection, recorded_runs: Sequence[RecordedRun]) -> float:
    """Return how long the chosen tests took when they ran last; infinity where that isn't known."""
    if chosen.everything or chosen.files:
        return math.inf
    known: dict[str, float] = {}
    for recorded in recorded_runs:
        for test in recorded.tests:
            known.setdefault(test.nodeid, test.seconds)
    return sum(known.get(nodeid, math.inf) for nodeid in chosen.why)


def _may_help(
    recorded: RecordedRun, judged: Sequence[Judged], left: set[str], tests: Mapping[str, str]
) -> bool:
    """Tell whether a recorded run may have something to say that newer ones have not said.

    It holds tests or files that they don't, or what changed since them is in it as it is now.
    """
    known = set().union(*(one.recorded.homes() for one in judged))
    if recorded.homes() & judged[0].now.manifest.keys() - known:
        return True
    mine = {test.nodeid for test in recorded.tests} & left
    if not mine <= tests.keys():
        return True
    unsure = any(tests[nodeid] != FAILED for nodeid in mine)
    return unsure and any(one.brought_back(recorded) for one in judged)


def _vote(one: Judged, there: set[str], tests: dict[str, str], valid: set[str]) -> None:
    """Let one recorded run speak for its tests, where no newer one has."""
    for test in one.recorded.tests:
        if test.nodeid not in there or test.nodeid in valid or tests.get(test.nodeid) == FAILED:
            continue
        why = one.why(test)
        if why is None and test.outcome == "failed":
            tests[test.nodeid] = FAILED
        elif why is None:
            valid.add(test.nodeid)
            tests.pop(test.nodeid, None)
        else:
            tests.setdefault(test.nodeid, why)


def _there(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> set[str]:
    """Return the tests there are: of each file, by the run that saw it as it is, or last."""
    found: dict[str, tuple[bool, RecordedRun]] = {}
    for recorded in recorded_runs:
        for path in recorded.collected:
            same = recorded.manifest.get(path) == now.manifest.get(path)
            if path in now.manifest and (path not in found or (same and not found[path][0])):
                found[path] = same, recorded
    left = {nodeid for _, recorded in found.values() for nodeid in recorded.deselected_by_project}
    return {
        f"{path}{rest}"
        for path, (_, recorded) in found.items()
        for rest in recorded.collected[path]
    } - left
