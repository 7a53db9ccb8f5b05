"""Why a test runs, and what an edit would select."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide.queries import explain, impact, names
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
    answer = explain(CAPPED, (world.recorded,), world.later(world.files))
    assert (answer.runs, answer.code, answer.looked) == (
        False,
        ("lib.py", "test_lib.py"),
        ("read data.txt",),
    )


def test_a_test_that_runs_says_why(world: World) -> None:
    """In the words of the report."""
    chosen = world.later({**world.files, "data.txt": "2"})
    assert (
        explain(CAPPED, (world.recorded,), chosen).why == "data.txt changed, and the test reads it"
    )


def test_an_unknown_test_is_no_error(world: World) -> None:
    """A test that came with its file runs."""
    chosen = world.later({**world.files, "test_new.py": "def test_new(): ..."})
    answer = explain("test_new.py", (world.recorded,), chosen)
    assert (answer.known, answer.runs, answer.why) == (False, True, "it is new: new test file")


@pytest.mark.parametrize(
    "later",
    [
        {},
        {"lib.py": LIB.replace("n * 2", "n + n")},
        {"lib.py": LIB.replace("min", "max").replace("n * 2", "n + n")},
        {"data.txt": "2"},
    ],
)
def test_impact_is_of_the_edit_that_is_named(world: World, later: dict[str, str]) -> None:
    """Whatever stands in the tree by now."""
    now = world.now(world.files | later)
    assert set(impact("lib.py", "double", (world.recorded,), now)) == {DOUBLE}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("double", "n * 2", "n + n"),
        ("LIMIT", "LIMIT = 3", "LIMIT = 4"),
        ("capped", "def capped(n)", "def capped(n, m=1)"),
        ("", "def double", "X = 1\n\ndef double"),
    ],
)
def test_the_edit_itself_selects_no_more(world: World, name: str, old: str, new: str) -> None:
    """What impact said holds when the edit is there."""
    assert old in LIB
    edited = world.later({**world.files, "lib.py": LIB.replace(old, new)})
    said = impact("lib.py", name, (world.recorded,), world.now(world.files))
    assert edited.why.keys() <= said.keys()


def test_what_only_an_older_run_asked_for_has_not_changed(world: World) -> None:
    """The newest one may have been of a few tests, which ask for other variables."""
    asks = World(world.files, {CAPPED: (Observation("env", "HOME"),), DOUBLE: ("lib.py:double",)})
    older = msgspec.structs.replace(asks.recorded, variables={"HOME": "digest"})
    few = tuple(test for test in world.recorded.tests if test.nodeid == DOUBLE)
    newest = msgspec.structs.replace(world.recorded, tests=few)
    found = impact("lib.py", "double", (newest, older), world.now(world.files))
    assert CAPPED not in found


def test_what_can_be_named_in_a_file(world: World) -> None:
    """Functions, variables, classes and their members."""
    assert set(names(world.fragments["lib.py"])) == {"LIMIT", "capped", "double"}


def test_a_run_of_a_tree_that_is_gone_is_no_place_for_the_edit(world: World) -> None:
    """After an edit of one file was run, red, and taken back, another file's edit means as much."""
    broken = {**world.files, "lib.py": LIB.replace("n * 2", "None")}
    asked = Observation("read", "data.txt")
    ran = World(broken, {CAPPED: ("lib.py:capped", asked), DOUBLE: ("lib.py:double",)}).recorded
    failed = tuple(
        msgspec.structs.replace(test, outcome="failed")
        for test in ran.tests
        if test.nodeid == DOUBLE
    )
    newest = msgspec.structs.replace(ran, tests=failed)
    now = world.now(world.files)
    said = [
        set(impact("data.txt", "", runs, now))
        for runs in ((world.recorded,), (newest, world.recorded))
    ]
    assert said == [{CAPPED}, {CAPPED}]
