"""Checks that one run of a tool serves run together, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide.select import choose
from tests.unit.selection.world import World

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest

FILES = {"a.txt": "a", "b.txt": "b", "far.py": "X = 1\n", "test_c.py": "def test_c(): ...\n"}
A, B, C = "a.txt::check", "b.txt::check", "test_c.py::test_c"
READ = Observation("read", "a.txt")


def _world(*seen: Observation, kind: str = "checker", outcome: str = "passed") -> World:
    """Return two checks and a test; the second check saw what is given."""
    world = World(FILES, {A: (READ,), B: seen, C: ()})

    def typed(test: RecordedTest) -> RecordedTest:
        if test.function:
            return test
        ended = outcome if test.nodeid == B else "passed"
        return msgspec.structs.replace(test, kind=kind, outcome=ended)

    tests = tuple(map(typed, world.recorded.tests))
    world.recorded = msgspec.structs.replace(world.recorded, tests=tests)
    return world


def test_a_check_that_did_nothing_itself_runs_with_its_kind() -> None:
    """Its outcome was made by the other one."""
    assert set(_world().chosen(a_txt="new").why) == {A, B}


def test_a_check_that_took_its_outcome_from_a_file_outside_runs_with_its_kind() -> None:
    """Where the run of a tool had put it for all."""
    seen = Observation("outside", "../outcomes"), Observation("probed", ".")
    assert set(_world(*seen).chosen(a_txt="new").why) == {A, B}


def test_the_whole_kind_runs_after_any_change() -> None:
    """What serves it can't be seen."""
    why = _world().chosen(far_py="X = 2\n").why
    assert why == dict.fromkeys((A, B), "far.py changed, and it can't be seen what checker reads")


def test_nothing_runs_where_nothing_changed() -> None:
    """All of them have run on this tree."""
    assert not _world().chosen().why


def test_checks_that_look_by_themselves_are_alone() -> None:
    """Each says for itself what it rests on."""
    assert set(_world(Observation("read", "b.txt")).chosen(a_txt="new").why) == {A}


def test_a_skipped_check_says_nothing_of_its_kind() -> None:
    """It did nothing because it did not run."""
    assert not _world(outcome="skipped").chosen().why


def _without(recorded: RecordedRun, nodeid: str) -> RecordedRun:
    tests = tuple(test for test in recorded.tests if test.nodeid != nodeid)
    return msgspec.structs.replace(recorded, tests=tests)


def test_a_kind_that_never_ran_whole_runs() -> None:
    """Two runs with a half each are no run of all."""
    world = _world()
    halves = [_without(world.recorded, A), _without(world.recorded, B)]
    assert set(choose(halves, world.now(world.files)).why) == {A, B}
