"""Recordings: when one is stale, and what of a machine is left out of them."""

from pathlib import Path

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation, Record
from tests.soundness.case import Case, again, git, swap
from tests.soundness.inside import placed, portable
from tests.soundness.record import written
from tests.soundness.recordings import Recording, key, stale
from tests.soundness.replay import UnplayedError, play
from tests.soundness.subjects import Ran

_TREE = "--- a.py\nN = 1\n--- test_a.py\nimport a\ndef test_a():\n    assert a.N == 1\n"
_CASE = Case(name="a", kind="b", tree=_TREE, change=(swap("a.py", "1", "2"),))
_NOBODY = Ran(status=0, ran=frozenset(), failed=frozenset())
_RECORDING = Recording(name="a", key=key(_CASE, ""), runs=(), truth=_NOBODY)


@pytest.mark.parametrize(
    "changed",
    [
        {"tree": _TREE.replace("1", "3")},
        {"change": (swap("a.py", "1", "3"),)},
        {"change": (swap("a.py", "1", "2"), again)},
        {"setup": (git("add", "."),)},
        {"later_env": {"N": "1"}},
        {"cwd": "sub"},
    ],
)
def test_another_row_is_stale(changed: dict[str, object]) -> None:
    """Whatever the row says is part of its key."""
    assert stale(msgspec.structs.replace(_CASE, **changed), {"a": _RECORDING})


def test_the_same_row_is_not_stale() -> None:
    """Steps that are made anew, of the same words, are the same."""
    same = msgspec.structs.replace(_CASE, change=(swap("a.py", "1", "2"),))
    assert not stale(same, {"a": _RECORDING})


def test_a_row_that_was_never_recorded_is_stale() -> None:
    """So `python -m tests.soundness.record` records it."""
    assert stale(_CASE, {})


def _record(place: str) -> Record:
    return Record(
        units=(),
        observations=(Observation("outside", f"{place}/site/lib.py"),),
        scopes=(),
        tests=(),
        modules={},
        environment={"HOME": "one", "SET": "two"},
        patterns=(),
        testpaths=(),
        roots=(),
        began=7.0,
        collected=(),
    )


@pytest.fixture(name="carried")
def _carried() -> Record:
    return portable(_record("/base"), Path("/base/repo"), {"HOME": "one", "SET": "other"})


def test_places_are_left_out(carried: Record) -> None:
    """A file beside the checkout is named by where it lies from there."""
    assert carried.observations[0].name == "{base}/site/lib.py"


def test_what_variables_say_is_left_out(carried: Record) -> None:
    """That one had another value than the run was given is told."""
    assert carried.environment == {"HOME": "", "SET": "two"}


def test_a_recording_is_put_where_the_row_lies(carried: Record) -> None:
    """Its files are then those of that place."""
    assert placed(carried, Path("/new/repo")).observations == _record("/new").observations


def test_what_a_run_wrote() -> None:
    """Caches are nobody's; what was deleted has no text."""
    before = {"a.txt": b"1", "b.txt": b"1", "c.txt": b"1"}
    after = {"a.txt": b"1", "b.txt": b"2", "__pycache__/a.pyc": b""}
    assert written(before, after) == {"b.txt": "2", "c.txt": None}


def test_a_row_that_needs_a_process_is_not_played(tmp_path: Path) -> None:
    """It is told, rather than played without."""
    case = msgspec.structs.replace(_CASE, setup=(git("status"),))
    with pytest.raises(UnplayedError, match="start processes"):
        play(case, _RECORDING, tmp_path)
