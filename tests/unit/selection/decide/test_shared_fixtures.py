"""Tests that share a fixture of which a person says so run together, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.model import recording
from firsttry_tasks.model.recording import Record, ScopeRecord
from firsttry_tasks.selection.decide import shared_fixtures
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.evidence.recorded_run import Scope
from tests.unit.selection.world import World

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest

FILES = {
    "bank.py": "def pay():\n    return 1\n",
    "test_a.py": "def test_pays(): ...\nclass TestTwo:\n    def test_one(self): ...\n",
    "test_b.py": "def test_counts(): ...\ndef test_alone(): ...\n",
}
PAYS, ONE = "test_a.py::test_pays", "test_a.py::TestTwo::test_one"
COUNTS, ALONE = "test_b.py::test_counts", "test_b.py::test_alone"


def _world(reach: str = "session", *, made_of: str = "") -> World:
    """Return a world whose tests but one use a fixture ``db``, or one that is made of it."""
    world = World(FILES, {PAYS: ("bank.py:pay",), ONE: (), COUNTS: (), ALONE: ()})
    recorded = world.recorded
    at = len(recorded.scopes)
    db = Scope("fixture", "conftest.py::db", (), (), (), (), reach)
    client = Scope("fixture", f"conftest.py::{made_of or 'db'}", (), (), (at,), (), "session")

    def using(test: RecordedTest) -> RecordedTest:
        used = () if test.nodeid == ALONE else (at + 1,) if made_of else (at,)
        return msgspec.structs.replace(test, scopes=(*test.scopes, *used))

    world.recorded = msgspec.structs.replace(
        recorded, scopes=(*recorded.scopes, db, client), tests=tuple(map(using, recorded.tests))
    )
    return world


def _chosen(world: World, *older: RecordedRun, **files: str | None) -> dict[str, str]:
    later = {**world.files, "bank.py": "def pay():\n    return 2\n"}
    later |= {name.replace("_py", ".py"): text for name, text in files.items() if text is not None}
    for name in [name.replace("_py", ".py") for name, text in files.items() if text is None]:
        del later[name]
    now = msgspec.structs.replace(world.now(later), shared_fixtures=("db",))
    return choose((world.recorded, *older), now).why


def test_without_the_setting_each_test_is_alone() -> None:
    """What one does to the fixture's value is not seen."""
    assert set(_world().chosen(bank_py="def pay():\n    return 2\n").why) == {PAYS}


@pytest.mark.parametrize("made_of", ["", "client"])
def test_all_who_use_the_fixture_run(made_of: str) -> None:
    """Also where they have it through another fixture."""
    why = _chosen(_world(made_of=made_of))
    assert set(why) == {PAYS, ONE, COUNTS}
    assert why[COUNTS] == f"{PAYS} runs, and both use db"


@pytest.mark.parametrize(
    ("reach", "run"),
    [("package", {PAYS, ONE, COUNTS}), ("module", {PAYS, ONE}), ("class", {PAYS})],
)
def test_a_value_of_a_file_or_class_is_shared_there(reach: str, run: set[str]) -> None:
    """Another file has another value."""
    assert set(_chosen(_world(reach))) == run


def test_a_fixture_of_each_test_counts_by_its_name() -> None:
    """It may connect to what stays."""
    world = World(FILES, {PAYS: ("bank.py:pay",), COUNTS: (), ALONE: ()})
    tests = (
        msgspec.structs.replace(test, names=() if test.nodeid == ALONE else ("db", "request"))
        for test in world.recorded.tests
    )
    world.recorded = msgspec.structs.replace(world.recorded, tests=tuple(tests))
    assert set(_chosen(world)) == {PAYS, COUNTS}


def test_nothing_runs_for_a_change_elsewhere() -> None:
    """None of them is selected."""
    assert not _chosen(_world(), bank_py=FILES["bank.py"])


def test_what_is_gone_leaves_nothing_any_more() -> None:
    """Until the others have run without it."""
    world = _world()
    why = _chosen(world, bank_py=FILES["bank.py"], test_b_py=None)
    assert why == dict.fromkeys((PAYS, ONE), f"{COUNTS} is gone, which used db")
    before = world.recorded
    tests = tuple(test for test in before.tests if test.path == "test_a.py")
    world.recorded = msgspec.structs.replace(
        before, tests=tests, collected={"test_a.py": before.collected["test_a.py"]}
    )
    assert not _chosen(world, before, bank_py=FILES["bank.py"], test_b_py=None)


def test_a_new_test_takes_along_those_who_share_with_it() -> None:
    """Which fixture it uses, only its run tells."""
    test = recording.TestRecord(
        "test_c.py::test_new", "test_c.py", "passed", 0.1, (), (), (0,), (), True
    )
    record = Record(
        units=(),
        observations=(),
        scopes=(ScopeRecord("fixture", "conftest.py::db", reach="session"),),
        tests=(test,),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=(),
        began=0.0,
        collected=(),
    )
    recorded = (_world().recorded,)
    left = {PAYS, ONE, COUNTS, ALONE}
    found = shared_fixtures.joining((record,), recorded, ("db",), left)
    assert found == dict.fromkeys((PAYS, ONE, COUNTS), "test_c.py::test_new runs, and both use db")
    assert not shared_fixtures.joining((record,), recorded, (), left)


def test_a_name_that_no_test_uses_is_told_with_the_nearest() -> None:
    """As it may be mistyped; without any record nothing is known."""
    recorded = (_world().recorded,)
    [note] = shared_fixtures.idle(("db", "dbs"), recorded)
    assert note.endswith('"dbs", which shared_fixtures in [tool.firsttry] names. Did you mean db?')
    assert not list(shared_fixtures.idle(("dbs",), ()))
