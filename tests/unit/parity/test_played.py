"""What was played: missed, flaky, falsely red, and the verdict in words."""

from __future__ import annotations

import pytest

from firsttry_tasks.parity import played, proof
from firsttry_tasks.parity.played import Faulty, FullRun, Missed, Step, WarmRun
from firsttry_tasks.reporting import proofs

A, B, C = "t.py::a", "t.py::b", "t.py::c"
MISS = Missed(nodeid=A, before="passed", now="failed", because="it reads x.txt", mend="say so")


def _run(**outcomes: str) -> FullRun:
    return FullRun(outcomes={f"t.py::{name}": word for name, word in outcomes.items()})


def _step(**more: object) -> Step:
    fields = {"ran": 1, "total": 10, "warm_seconds": 1.0, "full_seconds": 10.0, **more}
    return Step(commit="1234567890ab", subject="Tidy up", **fields)  # type: ignore[arg-type]


def test_left_out_is_what_changed_and_warm_does_not_know() -> None:
    """A test that ran, or that warm failed, was not left out; a new one would be."""
    before = played.past(_run(a="passed", b="passed"))
    after = _run(a="failed", b="skipped", c="passed")
    assert played.left_out(WarmRun(ran=frozenset({B})), before, after) == {A, C}


def test_an_edit_that_goes_back_is_known() -> None:
    """Warm remembers how a test ended before; but what it leaves out it takes for green."""
    past = played.past(_run(a="passed", b="failed")).then(_run(a="failed", b="passed"))
    assert played.left_out(WarmRun(), past, _run(a="passed", b="failed")) == {B}


def test_what_ends_otherwise_alone_is_no_miss() -> None:
    """Its outcome says nothing of the commit."""
    again = {A: {"failed", "passed"}, B: {"failed"}}
    assert played.unlike(again, (A, B, C), _run(a="failed", b="failed", c="failed")) == {A}


def test_a_name_that_no_other_run_has_is_nothing_to_miss() -> None:
    """Such as one with the time of day in it; a known test that is gone when it runs again is."""
    past, gone = played.past(_run(a="passed")), {A: {"absent"}, B: {"absent"}, C: {"failed"}}
    assert played.unnamed(gone, (A, B, C), past) == {B}
    assert played.unlike(gone, (A,), _run(a="failed")) == set()


def test_what_always_fails_alone_is_falsely_red() -> None:
    """Only one that answers both ways under the same circumstances is flaky."""
    assert played.undecided({A: {"failed"}, B: {"failed", "passed"}}, (A, B)) == {B}


@pytest.mark.parametrize(
    ("after", "failed", "missed"),
    [
        pytest.param(_run(a="failed", b="failed"), {B}, {A}, id="one of two"),
        pytest.param(FullRun(outcomes={"t.py": "failed"}), {"(exit)"}, set(), id="both collect no"),
        pytest.param(FullRun(outcomes={"t.py": "failed"}), set(), {"t.py"}, id="warm saw nothing"),
    ],
)
def test_unbroken(after: FullRun, failed: set[str], missed: set[str]) -> None:
    """What can't be collected is seen where warm is red in any way."""
    warm = WarmRun(failed=frozenset(failed))
    assert played.unbroken(warm, _run(a="passed", b="passed"), after) == missed


def test_sums_leave_out_what_was_told_apart() -> None:
    """A commit that could not be judged has no part in any share."""
    steps = [_step(state="learned", ran=10), _step(changed=2), _step(ran=9, reasons={"x": 9})]
    found = proof.sums(steps)
    assert (found.judged, found.mean, found.telling, found.saved) == (2, 0.5, 1, 18.0)


def test_wide_runs_tell_their_reasons() -> None:
    """Reasons of narrow runs are no cause for anything."""
    steps = [_step(reasons={"narrow": 1}), _step(ran=9, reasons={"wide": 8, "other": 1})]
    assert proof.sums(steps).wide == {"wide": 8, "other": 1}


@pytest.mark.parametrize(
    ("steps", "code", "word"),
    [
        pytest.param([_step(changed=1)], 0, "Warm pays here", id="pays"),
        pytest.param([_step(warm_seconds=8.0)], 0, "pays little", id="little"),
        pytest.param([_step(warm_seconds=20.0)], 0, "does not pay", id="not"),
        pytest.param([_step(changed=1, missed=(MISS,))], 99, "Don't rely", id="missed"),
        pytest.param([_step(false_red=(A,))], 1, "Warm pays", id="false red"),
        pytest.param([_step(state="uncollected")], 2, "Nothing is proved", id="nothing"),
    ],
)
def test_verdict(steps: list[Step], code: int, word: str) -> None:
    """In words for people, and as an exit code for scripts."""
    found = proof.proof("replay", steps, 0, 5)
    assert (found.exit_code, word in found.verdict) == (code, True)


def test_no_outcome_changed_is_no_proof() -> None:
    """Where nothing could be missed, nothing is shown."""
    assert "not shown" in proof.proof("replay", [_step()], 0, 5).verdict


def test_a_miss_is_told_with_what_mends_it() -> None:
    """Who reads it knows what to write."""
    lines = proofs.of_replay(proof.proof("replay", [_step(changed=1, missed=(MISS,))], 0, 5))
    assert "    it reads x.txt; say so" in lines


def test_what_is_left_names_the_command_that_goes_on() -> None:
    """The same one, since commits are counted from HEAD."""
    steps = [_step(state="learned"), _step()]
    found = proofs.of_replay(proof.proof("replay", steps, 4, 5))
    assert found[-1] == "4 commits are left; to go on: ft replay --commits 5"


@pytest.mark.parametrize(
    "it",
    [
        _step(),
        _step(state="uncollected", note="(No module named x)"),
        Faulty(kind="body", place=f"{'deep/' * 20}x.py:1", ran=1, total=2),
    ],
)
def test_rows_fit_into_a_line(it: Step | Faulty) -> None:
    """Whatever a subject or a path is like."""
    assert len(proofs.row(it)) <= proofs.LINE
