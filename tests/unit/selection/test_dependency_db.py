"""What is learned is written whole, in one order, and read again as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.dependency_db import DependencyDb, Door
from firsttry_tasks.model import recording
from firsttry_tasks.model.recording import Observation, Record, ScopeRecord, Unit
from firsttry_tasks.selection.evidence.recorded_run import SeenOfRun

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "shop.py": b"def price():\n    import rates\n    return rates.RATE\n",
    "rates.py": b"RATE = 2\n",
    "test_shop.py": b"import shop\ndef test_price():\n    assert shop.price()\n",
}
DOOR = Door(read=lambda path: FILES[path], before=lambda _path, _began: "a digest")
#: Of every kind of thing that a record can hold, one.
RECORD = Record(
    units=(Unit("shop.py", "price", 1), Unit("test_shop.py", "test_price", 2)),
    observations=(Observation("env", "HOME"), Observation("outside", "/~/rates.txt")),
    scopes=(
        ScopeRecord("start", ""),
        ScopeRecord("import", "rates.py", lines=((1, 0),)),
        ScopeRecord("fixture", "conftest.py::till", units=(0,), used=(1,), reach="session"),
    ),
    tests=(
        recording.TestRecord(
            nodeid="test_shop.py::test_price",
            path="test_shop.py",
            outcome="passed",
            seconds=0.25,
            units=(0, 1),
            observations=(0, 1),
            scopes=(0, 2),
            names=("till",),
            function=True,
        ),
    ),
    modules={"shop": "shop.py", "rates": "rates.py", "test_shop": "test_shop.py"},
    environment={"HOME": "a digest"},
    patterns=("test_*.py",),
    testpaths=(),
    roots=("",),
    began=1.0,
    collected=("test_shop.py::test_price",),
    loads=((0, 1),),
    followed=True,
)


def _learned(place: Path) -> DependencyDb:
    db = DependencyDb(place)
    manifest = {path: str(len(text)) for path, text in FILES.items()}
    seen = SeenOfRun(deselected=frozenset({"test_shop.py::test_slow"}))
    db.learn([RECORD], manifest, {"python": "3"}, DOOR, seen)
    return db


def test_what_is_learned_is_read_again(tmp_path: Path) -> None:
    """With the module that a function imported while it ran."""
    [run] = _learned(tmp_path / "db").recorded_runs()
    [(unit, loaded)] = run.loads
    named = run.variables, run.outside, run.deselected_by_project, run.followed
    assert (run.units[unit][0], loaded) == ("shop.py", ("rates.py",))
    assert named == (
        {"HOME": "a digest"},
        {"/~/rates.txt": "a digest"},
        frozenset({"test_shop.py::test_slow"}),
        True,
    )
