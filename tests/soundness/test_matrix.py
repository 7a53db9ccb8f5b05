"""The matrix as tests: a few cases with the slow tests, all of them with `make test-matrix`."""

from functools import cache
from pathlib import Path

import pytest

from tests.soundness import recordings, replay, subjects
from tests.soundness.case import Case
from tests.soundness.harness import play
from tests.soundness.kinds import every

_MISSED = {"escape", "partial"}
#: Which of two tests is quicker may decide between these.
_SAME = {"importers": "exact"}
_known = cache(recordings.read)


def _cases(*wants: str) -> list[object]:
    chosen = [case for case in every() if case.want in wants]
    slow, matrix = pytest.mark.slow, pytest.mark.matrix
    return [
        pytest.param(case, id=case.name, marks=slow if case.quick else matrix) for case in chosen
    ]


def _outcome(case: Case, base: Path) -> str:
    if case.needs:
        pytest.importorskip(case.needs)
    outcome = play(case, subjects.firsttry, base.resolve()).outcome
    recording = _known().get(case.name)
    if recording is not None and not recording.unplayed:
        replayed = replay.play(case, recording, base.resolve() / "replayed").result.outcome
        assert _SAME.get(replayed, replayed) == _SAME.get(outcome, outcome)
    return outcome


@pytest.mark.parametrize("case", _cases("seen", "closed"))
def test_no_broken_test_is_missed(case: Case, tmp_path: Path) -> None:
    """A change that breaks a test turns the warm run red, for that test."""
    assert _outcome(case, tmp_path) not in {*_MISSED, "refused"}


@pytest.mark.parametrize("case", _cases("nothing"))
def test_nothing_runs_without_need(case: Case, tmp_path: Path) -> None:
    """A change that can break nothing runs nothing, or only who imports what is edited."""
    assert _outcome(case, tmp_path) in {"nothing", "importers"}


@pytest.mark.parametrize("case", _cases("unseen"))
def test_a_limit_is_where_we_say_it_is(case: Case, tmp_path: Path) -> None:
    """What the page calls a limit is one: a limit that fell must leave the page."""
    assert _outcome(case, tmp_path) in _MISSED


def test_each_case_has_a_name_of_its_own() -> None:
    """Names of cases are unique, because the page and the tests go by them."""
    names = [case.name for case in every()]
    assert len(names) == len(set(names))
