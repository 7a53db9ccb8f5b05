"""The runs of all shards make one run, or the sentence says which of them is at fault."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firsttry_tasks.gates.pytest_events import PytestRun, finding
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Counts, Status, TestsDetail, ToolResult
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.selection.shards.join import joined
from firsttry_tasks.selection.shards.runs import ShardRun
from tests.unit.selection.shards.suite import GROUND, file, planned

PLAN = planned([*file("test_a.py", 2), *file("test_b.py", 2), *file("test_c.py", 2)], shards=3)


def _run(number: int, run: str = "1", failed: tuple[str, ...] = (), **more: object) -> ShardRun:
    """Return a run of a shard in which these tests failed and all others passed."""
    share = PLAN.share(number)
    outcomes = {it: "failed" if it in failed else "passed" for it in share}
    findings = tuple(finding(rule="failed", nodeid=it, message="no") for it in failed)
    counts = Counts(selected=len(share), passed=len(share) - len(failed), failed=len(failed))
    status: Status = "red" if failed else "green"
    heard = PytestRun(
        counts=counts,
        findings=findings,
        outcomes=outcomes,
        durations=dict.fromkeys(share, 0.5),
        finished=True,
    )
    detail = TestsDetail(counts=counts, mode="everything", durations=heard.durations)
    made = ShardRun(
        plan=PLAN.digest,
        number=number,
        run=run,
        kind="ci",
        ground=GROUND,
        seconds=1.0,
        said=ToolResult(status=status, findings=findings, tests=detail),
        heard=heard,
    )
    return replace(made, **more)


ALL = [_run(1), _run(2), _run(3)]


def test_all_shards_are_one_run() -> None:
    """Each test has its outcome, in the order of the plan, and the counts are of all."""
    found = joined(PLAN, ALL)
    assert found.said.status == "green"
    assert list(found.heard.outcomes) == list(PLAN.tests)
    assert (found.said.tests and found.said.tests.counts) == Counts(selected=6, total=6, passed=6)


def test_the_order_of_files_does_not_matter() -> None:
    """Downloads come in any order."""
    assert joined(PLAN, ALL) == joined(PLAN, reversed(ALL))


def test_a_red_shard_makes_all_red() -> None:
    """With its finding, and whatever the others say."""
    failed = PLAN.share(2)[0]
    found = joined(PLAN, [_run(1), _run(2, failed=(failed,)), _run(3)])
    assert (found.said.status, [it.nodeid for it in found.said.findings]) == ("red", [failed])


def test_a_shard_that_could_not_work_makes_all_an_error() -> None:
    """The sentence names it, and a red beside it stays."""
    failed = PLAN.share(2)[0]
    died = ToolResult(status="error", message="pytest died (signal 9)")
    found = joined(PLAN, [_run(1, said=died), _run(2, failed=(failed,)), _run(3)])
    assert (found.said.status, found.said.message) == (
        "error",
        "shard 1 of 3: pytest died (signal 9)",
    )
    assert [it.nodeid for it in found.said.findings] == [failed]


def test_the_same_file_twice_is_one_run() -> None:
    """As where a download was repeated."""
    assert joined(PLAN, [*ALL, ALL[0]]) == joined(PLAN, ALL)


def test_the_same_answers_twice_are_fine() -> None:
    """A shard that ran on two machines, and passed on both."""
    found = joined(PLAN, [*ALL, _run(1, "2")])
    assert (found.said.status, found.twice, found.runs[0].run) == ("green", (), "2")


@pytest.mark.parametrize("newest", ["red", "green"])
def test_two_answers_are_a_sighting_and_the_newest_counts(newest: str) -> None:
    """Who runs a job again by hand replaces its shard; that it answered otherwise is kept."""
    failed = PLAN.share(1)[0]
    red, green = _run(1, "2" if newest == "red" else "1", failed=(failed,)), _run(1, "1")
    green = replace(green, run="1" if newest == "red" else "2")
    found = joined(PLAN, [green, red, _run(2), _run(3)])
    [seen] = found.twice
    assert (found.said.status, seen.nodeid, seen.runs, seen.failures) == (newest, failed, 2, 1)


def test_a_test_that_always_fails_is_no_sighting() -> None:
    """Twice the same red is a red."""
    failed = (PLAN.share(1)[0],)
    runs_ = [_run(1, "1", failed), _run(1, "2", failed), _run(2), _run(3)]
    assert joined(PLAN, runs_).twice == ()


def test_a_red_shard_may_have_ended_early() -> None:
    """With -x the tests behind the first failure have no outcome, and the run is red anyway."""
    one, other = PLAN.share(1)
    cut = _run(1, failed=(one,))
    cut = replace(cut, heard=replace(cut.heard, outcomes={one: "failed"}))
    assert (joined(PLAN, [cut, _run(2), _run(3)]).said.status, other) == ("red", other)


def _without(run: ShardRun, nodeid: str) -> ShardRun:
    outcomes = {it: ended for it, ended in run.heard.outcomes.items() if it != nodeid}
    return replace(run, heard=replace(run.heard, outcomes=outcomes))


STRANGE = replace(ALL[0].heard, outcomes=ALL[0].heard.outcomes | {"test_new.py::test": "passed"})
FAULTS = {
    "one is missing": (ALL[:2], "left no result: 3/3. Run it again"),
    "two are missing": (ALL[1:2], "left no result: 1/3, 3/3. Run them again"),
    "none is there": ([], "left no result: 1/3, 2/3, 3/3"),
    "another plan": ([_run(1, plan="0" * 64), *ALL[1:]], "shard 1 is of another plan"),
    "another commit": (
        [_run(1, ground=replace(GROUND, head="decade")), *ALL[1:]],
        "Shard 1 of 3 ran on other ground: the plan is of commit c0ffee, and this is decade",
    ),
    "another tree": ([_run(1, ground=replace(GROUND, tree="bush")), *ALL[1:]], "files differ"),
    "another Python": (
        [_run(1, ground=replace(GROUND, parts={"python": "cpython 3.12.1"})), *ALL[1:]],
        "python cpython 3.11.7 -> cpython 3.12.1",
    ),
    "a test did not run": (
        [*ALL[:2], _without(ALL[2], PLAN.share(3)[0])],
        "In shard 3 of 3 these planned tests did not run",
    ),
    "a test nobody planned": ([replace(ALL[0], heard=STRANGE), *ALL[1:]], "test_new.py::test"),
    "a shard beyond the last": ([*ALL, replace(ALL[0], number=4)], "the plan has 3"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_no_green(fault: str) -> None:
    """Each has the sentence that says which shard it is, and what to do."""
    found, sentence = FAULTS[fault]
    with pytest.raises(FirstTryError, match=sentence):
        joined(PLAN, found)


def test_a_shard_without_a_test_is_no_fault() -> None:
    """It ran nothing, as it was planned."""
    plan = planned(file("test_a.py", 1), shards=2)
    nothing = PytestRun(counts=Counts(), findings=(), finished=True)
    empty = _run(2, plan=plan.digest, said=ToolResult(status="off"), heard=nothing)
    one = _run(1, plan=plan.digest)
    outcomes = {plan.tests[0]: "passed"}
    one = replace(one, heard=replace(one.heard, outcomes=outcomes))
    assert joined(plan, [one, empty]).said.status == "green"


def test_a_file_brings_its_run_back() -> None:
    """What a shard leaves is read as it was written."""
    assert runs.decode(runs.encode(ALL[0]), "x") == ALL[0]


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_half_a_file_is_refused(cut: int) -> None:
    """An upload that was cut off, or a disk that was full."""
    with pytest.raises(FirstTryError, match="run that shard again"):
        runs.decode(runs.encode(ALL[0])[:cut], "1-of-3.shard")
