"""Why a test runs, and what an edit would select."""

from __future__ import annotations

import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide.queries import explain, impact
from tests.unit.selection.world import World

LIB = "LIMIT = 3\n\ndef capped(n):\n    return min(n, LIMIT)\n\ndef double(n):\n    return n * 2\n"
TESTS = (
    "import lib\n\ndef test_capped():\n    lib.capped(1)\n\ndef test_double():\n    lib.double(1)\n"
)
KIND = "class Kind:\n    'Say so.'\n"
TOLD_TESTS = "import kind\n\ndef test_told():\n    assert kind.Kind.__doc__\n"
CAPPED, DOUBLE = "test_lib.py::test_capped", "test_lib.py::test_double"
TOLD = "test_kind.py::test_told"


@pytest.fixture(name="world", scope="module")
def _world() -> World:
    return World(
        {
            "lib.py": LIB,
            "test_lib.py": TESTS,
            "data.txt": "1",
            "kind.py": KIND,
            "test_kind.py": TOLD_TESTS,
        },
        {
            CAPPED: ("lib.py:capped", Observation("read", "data.txt")),
            DOUBLE: ("lib.py:double",),
            TOLD: (),
        },
    )


@pytest.mark.parametrize(
    ("path", "name", "selected"),
    [
        ("lib.py", "double", {DOUBLE}),
        ("lib.py", "capped", {CAPPED}),
        ("lib.py", "LIMIT", {CAPPED}),
        ("lib.py", "", {CAPPED, DOUBLE}),
        ("lib.py", "absent", set()),
        ("data.txt", "", {CAPPED}),
        ("kind.py", "", {TOLD}),
    ],
)
def test_impact(world: World, path: str, name: str, selected: set[str]) -> None:
    """An edit selects what rests on it."""
    assert set(impact(path, name, (world.recorded,), world.now(world.files))) == selected


def test_a_test_that_needs_no_run_says_so(world: World) -> None:
    """With what it rests on."""
    answer = explain(CAPPED, (world.recorded,), world.now(world.files))
    assert (answer.runs, answer.code, answer.looked) == (
        False,
        ("lib.py", "test_lib.py"),
        ("read data.txt",),
    )


def test_a_test_that_runs_says_why(world: World) -> None:
    """In the words of the report."""
    now = world.now({**world.files, "data.txt": "2"})
    assert explain(CAPPED, (world.recorded,), now).why == "data.txt changed"


def test_an_unknown_test_is_no_error(world: World) -> None:
    """A typing mistake is told as such."""
    answer = explain("test_lib.py::test_typo", (world.recorded,), world.now(world.files))
    assert (answer.known, answer.why) == (False, "no such test is known")
