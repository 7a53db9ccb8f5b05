"""The matrix in one process: every row that needs no process of its own, from its recording.

`make test-selection` runs this with the unit tests of selection: it judges a change of selection
in seconds. What really happens is the matter of test_matrix.py, half an hour long.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.soundness import recordings
from tests.soundness.case import Case
from tests.soundness.kinds import every
from tests.soundness.recordings import Recording, stale
from tests.soundness.replay import play
from tests.soundness.run import there

#: The part of all rows that has to be played here; the others say why they are not.
_PLAYED = 0.85
_GOOD = {
    "seen": {"exact", "importers", "coarse", "closed", "stopped"},
    "closed": {"exact", "importers", "coarse", "closed", "stopped"},
    "nothing": {"nothing", "importers"},
    "unseen": {"escape", "partial"},
}

#: A path from the top of somebody's disk, in quotes. Names that say nothing of the machine begin
#: with `/+`, `/@` or `/~`.
_PLACE = re.compile(r'"(?:/(?![+@~])|[A-Z]:)[^"]')
_known = cache(recordings.read)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in every()])
def test_the_choice_for_a_row(case: Case, tmp_path: Path) -> None:
    """A broken test is chosen, and where nothing can break nothing is."""
    recording = _known().get(case.name)
    if recording is None and not there(case):
        pytest.skip(f"it needs {case.needs}, and was never recorded")
    if recording is None or recording.unplayed:
        pytest.skip(recording.unplayed if recording else "it was never recorded")
    outcome = play(case, recording, tmp_path.resolve()).result.outcome
    assert outcome in _GOOD[case.want]


def test_every_recording_is_of_the_row_as_it_is() -> None:
    """Another tree is another row: `python -m tests.soundness.record` records it again."""
    rows = [case for case in every() if case.name in _known() or there(case)]
    assert [case.name for case in rows if stale(case, _known())] == []


def test_every_recording_has_a_row() -> None:
    """A recording of a row that is gone is of no use."""
    assert _known().keys() <= {case.name for case in every()}


def test_most_rows_are_played() -> None:
    """Few rows have to be left to real processes."""
    reasons = Counter(_reason(_known().get(case.name)) for case in every())
    assert reasons[""] >= _PLAYED * len(every()), reasons


def _reason(recording: Recording | None) -> str:
    return recording.unplayed if recording else "it was never recorded"


def test_no_recording_tells_of_a_machine() -> None:
    """Recordings are public: a place is said by its role, and no variable by what it says."""
    texts = {path.name: path.read_text("utf-8") for path in recordings.FOLDER.glob("*.jsonl")}
    assert [name for name, text in texts.items() if _PLACE.search(text)] == []
