"""More tests are chosen where those that ran gave no answer."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.model.values import Selection
from firsttry_tasks.selection.decide import widen
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.decide.select import choose
from tests.unit.selection.world import World

TEST = "test_a.py::test_x"
WORLD = World({"test_a.py": "def test_x(): ...\n", "far.py": "X = 1\n"}, {TEST: ()})


def _recorded(outcome: str) -> World:
    """Return a world whose only test ended so when it was recorded."""
    world = World(WORLD.files, {TEST: ()})
    [test] = world.recorded.tests
    tests = (msgspec.structs.replace(test, outcome=outcome),)
    world.recorded = msgspec.structs.replace(world.recorded, tests=tests)
    return world


@pytest.mark.parametrize("before", ["passed", "failed", "xpassed"])
@pytest.mark.parametrize("now", ["skipped", "xfailed", "melted"])
def test_a_test_that_ran_before_and_does_not_now_gave_no_answer(before: str, now: str) -> None:
    """Whatever it is called."""
    assert widen.unanswered({TEST: now}, (), [_recorded(before).recorded]) == (TEST,)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("passed", "passed"),
        ("passed", "failed"),
        ("passed", "xpassed"),
        ("skipped", "skipped"),
        ("xfailed", "xfailed"),
        ("xfailed", "skipped"),
        ("melted", "melted"),
    ],
)
def test_a_test_that_ends_as_before_or_runs_gave_one(before: str, now: str) -> None:
    """There is nothing that a selection may have taken from it."""
    assert widen.unanswered({TEST: now}, (), [_recorded(before).recorded]) == ()


def test_the_newest_record_of_a_test_counts() -> None:
    """It was skipped already, and that was settled then."""
    runs = [_recorded("skipped").recorded, _recorded("passed").recorded]
    assert widen.unanswered({TEST: "skipped"}, (), runs) == ()


def test_a_mark_in_the_code_is_an_answer() -> None:
    """It takes the test out whatever else runs."""
    assert widen.unanswered({TEST: "skipped"}, {TEST}, [WORLD.recorded]) == ()


def test_all_of_a_file_is_chosen_with_a_reason() -> None:
    """And its file is collected again; other files stay out."""
    chosen = Selection(
        why={TEST: "changed"},
        skip_tests=frozenset({"test_a.py::test_y", "test_b.py::test_z"}),
        skip_files=frozenset({"test_a.py", "test_b.py"}),
    )
    more = widen.by_files(chosen, [TEST])
    assert more.why == {TEST: "changed", "test_a.py::test_y": f"{TEST} was skipped without it"}
    assert set(more.skip_tests) == {"test_b.py::test_z"}
    assert set(more.skip_files) == {"test_b.py"}


@pytest.mark.parametrize("outcome", ["skipped", "melted"])
def test_what_did_not_run_runs_after_any_change(outcome: str) -> None:
    """What it would have used was never seen."""
    world = _recorded(outcome)
    seen = world.chosen(far_py="X = 2\n").why
    assert seen == {TEST: f"it was {outcome} when it ran last"}


@pytest.mark.parametrize("outcome", ["passed", "xfailed", "xpassed"])
def test_what_ran_runs_after_a_change_that_concerns_it(outcome: str) -> None:
    """Expected failures ran as well."""
    assert not _recorded(outcome).chosen(far_py="X = 2\n").why


def test_a_red_that_no_test_explains_is_not_forgotten() -> None:
    """Everything runs until it is gone, whatever changed."""
    red = msgspec.structs.replace(WORLD.recorded, red=("exit",))
    runs = [red, WORLD.recorded]
    now = WORLD.now(WORLD.files)
    assert "exit" in choose(runs, now).everything[0]
    assert not choose(runs[1:], now).everything


FIRST, SAME, AFTER = "test_a.py::test_x", "test_a.py::test_y", "test_b.py::test_z"
BESIDE = {
    "test_a.py": "from tool import NAME\ndef test_x(): NAME\ndef test_y(): ...\n",
    "test_b.py": "from tool import NAME\ndef test_z(): NAME\n",
    "tool.py": "NAME = 1\n",
}


def _beside(
    why: str,
    now: str = "passed",
    flaky: frozenset[str] = frozenset(),
    *,
    before: str = "failed",
    doubt: str = "",
) -> set[str]:
    """Return what is chosen besides the last test, which failed when all ran together."""
    ran = {name: (f"{name.replace('::', ':')}",) for name in (FIRST, SAME, AFTER)}
    world = World(BESIDE, ran)
    first, same, after = world.recorded.tests
    run = msgspec.structs.replace(
        world.recorded,
        observations=(("left", f"tool.py:NAME{doubt}"),),
        tests=(
            msgspec.structs.replace(first, observations=(0,)),
            same,
            msgspec.structs.replace(after, outcome=before),
        ),
    )
    chosen = Selection(why={AFTER: why}, skip_tests=frozenset({FIRST, SAME}))
    around = world.now(world.files)
    wider = widen.with_company(chosen, {AFTER: now}, [run], around, flaky)
    assert wider.skip_tests == {FIRST, SAME} - wider.why.keys()
    return {*wider.why} - {AFTER}


def test_all_beside_which_a_test_failed_run_again_where_it_passes_unchanged() -> None:
    """Whatever it was that one of them left."""
    assert _beside(FAILED) == {FIRST, SAME}


def test_those_that_left_something_run_again_where_it_changed_and_passes() -> None:
    """It may pass for its change, or for want of what they left."""
    assert _beside("it changed") == {FIRST}


def test_nobody_runs_again_where_it_fails_or_is_known_to_answer_both_ways() -> None:
    """It is red as before, or may be so whatever ran beside it."""
    assert _beside(FAILED, now="failed") == set()
    assert _beside(FAILED, flaky=frozenset({AFTER})) == set()


def test_who_fails_now_runs_beside_those_before_it_that_left_something_it_may_use() -> None:
    """It may be red for want of that alone."""
    assert _beside("it changed", now="failed", before="passed") == {FIRST}
    assert _beside("it changed", now="failed", before="passed", doubt="?") == set()


@pytest.mark.parametrize(("tests", "more"), [(2, {"a", "b"}), (3, set[str]())])
def test_a_number_that_many_count_further_turns_nobody_red(tests: int, more: set[str]) -> None:
    """But one that a test or two change may have been set."""
    own = {name: frozenset({f"tool.py:MADE=~{name}"}) for name in "abc"[:tests]}
    found = widen._telling(own)  # noqa: SLF001
    assert {name for name, left in found.items() if left} == more
