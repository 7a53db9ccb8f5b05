"""What makes selection coarse is told, with what mends it."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide import coarse
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, Scope
from tests.unit.selection.world import World

FILES = {"lib.py": "X = 1\n", "test_a.py": "def test_x(): ...\n\ndef test_y(): ...\n"}
CHILD = Observation("untraceable", "a child process that can't be followed")
READS = tuple(Observation("read", f"{n}.txt") for n in range(60))


def _with(kind: str, name: str, *seen: Observation) -> RecordedRun:
    """Return a run in which a scope, which both tests use, saw all this."""
    recorded = World(FILES, {"test_a.py::test_x": (), "test_a.py::test_y": ()}).recorded
    before = recorded.observations
    numbers = tuple(range(len(before), len(before) + len(seen)))
    scopes = (*recorded.scopes, Scope(kind, name, (), numbers, (), ()))
    return msgspec.structs.replace(
        recorded,
        observations=(*before, *((it.kind, it.name) for it in seen)),
        scopes=scopes,
        tests=tuple(
            msgspec.structs.replace(test, scopes=(*test.scopes, len(scopes) - 1))
            for test in recorded.tests
        ),
    )


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (_with("start", "", Observation("whole-module", "lib.py")), "lib.py is imported before"),
        (_with("fixture", "conftest.py::base", CHILD), "In 2 of 2 tests: a child process"),
        (
            _with("fixture", "conftest.py::tree", Observation("list", ".")),
            "the fixture tree lists the project's folder, and 2 tests use it",
        ),
        (_with("fixture", "conftest.py::all", *READS), "the fixture all reads 60 files"),
    ],
)
def test_what_is_coarse_is_told(recorded: RecordedRun, said: str) -> None:
    """By its name, and for how many tests."""
    [line] = coarse.told(recorded)
    assert said in line


def test_a_project_without_any_of_it_is_told_nothing() -> None:
    """A fixture may read what it needs."""
    assert not list(coarse.told(_with("fixture", "f", Observation("read", "a.txt"))))
