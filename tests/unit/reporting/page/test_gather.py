"""What the page is made of: tests, sums, fallbacks, flaky tests, and how far warm is trusted."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone, Seen
from firsttry_tasks.model.values import Counts, TestsDetail
from firsttry_tasks.parity.history import Line
from firsttry_tasks.reporting.page import drawing, gather, render, tables, testing
from firsttry_tasks.reporting.page.gather import Sources
from firsttry_tasks.reporting.page.values import Shard
from tests import builders, schemas

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Report, Stage

A, B, C = (f"t.py::test_{name}" for name in "abc")


def _both() -> dict[Stage, Report]:
    """Return reports of three tests: warm ran one, and full skipped one."""
    warm = TestsDetail(
        counts=Counts(selected=1, total=3),
        mode="selected",
        why={A: "m.py: f changed"},
        durations={A: 2.0},
    )
    full = TestsDetail(
        counts=Counts(selected=3, total=3, skipped=1),
        mode="everything",
        durations={A: 1.0, B: 4.0, C: 0.5},
        skipped=(C,),
    )
    return {
        "warm": builders.report("warm", builders.result("tests", tests=warm)),
        "full": builders.report("full", builders.result("tests", stage="full", tests=full)),
    }


def _line(number: int, verdict: str = "success", **more: object) -> Line:
    at = f"2026-{1 + number // 28:02}-{1 + number % 28:02}T08:00:00+00:00"
    built = {"id": str(number), "at": at, "fingerprint": "f", "verdict": verdict, "exit_code": 0}
    return msgspec.convert({**built, **more}, Line)


def test_each_test_says_how_it_ended_whether_warm_ran_it_and_why() -> None:
    """What warm ran comes before what stood."""
    found = testing.tests(_both(), {B})
    assert [(it.name, it.outcome, it.warm, it.flaky, it.why) for it in found] == [
        (A, "passed", "ran", False, "m.py: f changed"),
        (B, "passed", "stood", True, testing.STOOD),
        (C, "skipped", "stood", False, testing.STOOD),
    ]


def test_tests_and_seconds_are_summed_by_what_became_of_them() -> None:
    """By full's clock, where it ran."""
    sums = testing.sums(_both())
    assert (sums.total, sums.ran.tests, sums.stood.tests, sums.skipped.tests) == (3, 1, 1, 1)
    assert (sums.stood.seconds, sums.skipped.seconds) == (4.0, 0.5)


def test_without_full_nobody_knows_how_long_the_rest_takes() -> None:
    """It is no zero."""
    sums = testing.sums({"warm": _both()["warm"]})
    assert (sums.stood.tests, sums.stood.seconds) == (2, None)


def test_a_gate_that_kept_its_result_ran_nothing() -> None:
    """What an earlier run ran is not told as this one's."""
    warm = _both()["warm"]
    kept = replace(warm, gates=(replace(warm.gates[0], cached=True),))
    assert testing.sums({"warm": kept}).ran.tests == 0


def test_where_everything_ran_its_reason_is_each_test_s() -> None:
    """A test of that run has no other."""
    detail = TestsDetail(counts=Counts(total=1), mode="everything", durations={A: 1.0})
    result = builders.result("tests", tests=detail, why=("pyproject.toml changed",))
    (only,) = testing.tests({"warm": builders.report("warm", result)}, ())
    assert only.why == "everything ran: pyproject.toml changed"


@pytest.mark.parametrize(
    ("escapes", "runs", "said"),
    [
        (0, 212, "0 escapes in 212 parity runs: at most 1.4 %"),
        (1, 1, "1 escape in 1 parity run: at most 100 %"),
        (0, 1, "0 escapes in 1 parity run: at most 95 %"),
    ],
)
def test_trust_has_an_exact_bound(escapes: int, runs: int, said: str) -> None:
    """Zero of a few runs proves little."""
    lines = [_line(n, "escape" if n < escapes else "success") for n in range(runs)]
    assert gather.trust(lines).sentence == said


def test_what_can_t_be_compared_counts_as_an_escape() -> None:
    """As its exit code says."""
    assert gather.trust([_line(0, "incomparable")]).escapes == 1


def test_without_a_run_nothing_is_claimed() -> None:
    """The bound of nothing is all."""
    assert gather.trust([]).most == 1.0


def test_fallbacks_of_thirty_days_are_ranked() -> None:
    """Older ones have been mended, or will not be."""
    lines = [
        _line(0, everything=("old",)),
        *(_line(n, everything=("often",)) for n in (40, 41)),
        _line(42, everything=("once",)),
    ]
    found = [(it.why, it.runs) for it in gather.fallbacks(lines)]
    assert found == [("often", 2), ("once", 1)]


def test_flaky_tests_have_rate_interval_history_and_moves() -> None:
    """Failures and days with passes make one history; who left is told."""
    seen = Seen(id="r", at="2026-01-02T00:00:00", tree="t", runs=4, failures=1, how="rerun")
    test = FlakyTest(
        first=seen.at, last=seen.at, runs=9, failures=1, sightings=(seen,), passes={"2026-01-03": 5}
    )
    gone = {B: Gone(at="2025-12-30", why="healed"), C: Gone(at="2025-01-01", why="old")}
    memory = FlakyMemory(nodeids=(A,), tests={A: test}, gone=gone)
    page = gather.page(Sources(reports=_both(), memory=memory, moved=("a moved",)))
    (only,) = page.flaky
    assert ([it.failures for it in only.history], only.low < 1 / 9 < only.high) == ([1, 0], True)
    assert [it.what for it in page.moves] == ["a moved", "came", "left: healed"]


def test_the_other_stage_counts_where_it_saw_the_same_tree() -> None:
    """A full report of yesterday says nothing of today's warm run."""
    both = _both()
    older = replace(both["full"], created="2025-01-01T00:00:00+00:00")
    assert set(gather.one_run({**both, "full": older})) == {"warm", "full"}
    assert set(gather.one_run({**both, "full": replace(older, tree="other")})) == {"warm"}


def test_gates_begin_after_the_first_of_them() -> None:
    """Where nobody noted when, no bar is drawn."""
    first, second = (replace(builders.result("ruff"), began=it) for it in (100.0, 102.5))
    report = builders.report("warm", first, second, builders.result("mypy"))
    page = gather.page(Sources(reports={"warm": report}))
    assert [it.began for it in page.gates] == [0.0, 2.5, None]


def test_shards_lie_side_by_side_on_the_time_that_all_took() -> None:
    """One that began later ends where the stage ends."""
    shards = tuple(
        Shard(stage="full", number=n, of=2, status="green", tests=3, seconds=10.0, began=10.0 * n)
        for n in range(2)
    )
    found = drawing.shard_lanes(shards, "full")
    assert [(mark.x, mark.width) for _, mark in found] == [(0.0, 50.0), (50.0, 50.0)]
    page = gather.page(Sources(reports=_both(), shards=shards))
    assert "shard 0/2" in render.html(page)


def test_the_page_as_json_is_as_its_schema_says() -> None:
    """Scripts read it."""
    page = gather.page(Sources(reports=_both(), lines=(_line(1), _line(2, "escape"))))
    schemas.prove("page", msgspec.json.encode(page))


def test_the_figures_at_the_top_are_a_table_too() -> None:
    """Behind every number stands one."""
    rows = tables.as_csv(tables.tables(gather.page(Sources(reports=_both())))["sums"]).decode()
    assert rows.splitlines()[:3] == ["what,tests,seconds", "ran,1,1.0", "stood,1,4.0"]


def test_csv_has_all_that_the_json_has_and_no_formula() -> None:
    """A test's parameters may begin like one."""
    page = gather.page(Sources(reports=_both()))
    odd = replace(page.tests[0], name="=1+1", why='a "b",\nc')
    page = replace(page, tests=(odd, *page.tests[1:]))
    data = tables.as_csv(tables.tables(page)["tests"]).decode()
    rows = list(csv.DictReader(io.StringIO(data)))
    assert (rows[0]["name"], rows[0]["why"], rows[1]["name"]) == ("'=1+1", 'a "b",\nc', B)
    assert len(rows) == len(json.loads(msgspec.json.encode(page))["tests"])
