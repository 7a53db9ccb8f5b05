"""The history answers what a team asks: escapes, times, what was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone
from firsttry_tasks.parity import figures, history
from firsttry_tasks.parity.history import Line
from firsttry_tasks.reporting import statistics
from firsttry_tasks.system import own_files

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.parity.figures import Figures


def _line(n: int = 1, verdict: str = "success", **more: Any) -> Line:
    fields = {"warm": 1.0, "full": 10.0, "gates": 3, **more}
    at = f"2026-03-{n:02}T00:00:00+00:00"
    return Line(id=str(n), at=at, fingerprint="f", verdict=verdict, exit_code=0, **fields)


NONE = FlakyMemory()


def _figures(lines: list[Line], memory: FlakyMemory = NONE, since: str = "") -> Figures:
    return figures.figures(lines, memory, since, "")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """A line is a run."""
    lines = [_line(1), _line(2, everything=("lock changed",))]
    own_files.write_lines(tmp_path / "parity.jsonl", lines)
    assert own_files.lines(tmp_path / "parity.jsonl", Line) == lines


def test_the_history_is_bounded() -> None:
    """The newest runs stay."""
    kept = history.longer([_line(1)] * history.KEPT, _line(2))
    assert (len(kept), kept[-1]) == (history.KEPT, _line(2))


@pytest.mark.parametrize(
    ("events", "runs", "bound"), [(0, 100, 0.0295), (1, 100, 0.0466), (5, 20, 0.4556), (3, 3, 1)]
)
def test_the_upper_bound_is_exact(events: int, runs: int, bound: float) -> None:
    """One-sided Clopper-Pearson: 0 of 100 still allows 3 percent."""
    assert history.upper(events, runs) == pytest.approx(bound, abs=1e-4)


@given(st.integers(0, 20), st.integers(1, 200))
def test_the_bound_is_above_the_rate(events: int, more: int) -> None:
    """What was seen is possible."""
    assert events / (events + more) <= history.upper(events, events + more) <= 1


@pytest.mark.parametrize(
    ("values", "middle", "high"),
    [([7], 7, 7), ([3, 1, 2], 2, 2.8), ([1, 2], 1.5, 1.9), (list(range(11)), 5, 9)],
)
def test_deciles_have_the_median_and_p90(values: list[float], middle: float, high: float) -> None:
    """Between the values that were seen, the nearer the more there are."""
    found = history.deciles(values)
    assert [found[4], found[8]] == pytest.approx([middle, high])


def test_no_history_is_told_in_words() -> None:
    """With the command that begins one."""
    assert statistics.statistics(_figures([])) == ["No parity run is recorded yet; run: ft parity"]


SAVED = "warm instead of full would have saved 32.0 s (full 40.0 s, warm 4.00 s, confirming 4.00 s)"


@pytest.mark.parametrize(
    "said",
    [
        "parity runs: 4, from 2026-03-01 to 2026-03-04",
        "escapes: 1 of 4 (25.0%, 95 % sure: at most 75.1%)",
        "flaky tests: 2 -> 5",
        "golden cache: 2 of 3 (67%); 16 h old (median), p90 27.2 h",
        "warm gates that stood from an earlier run: 6 of 12 (50%)",
        "warm: median 1.00 s, p90 1.00 s",
        "full: median 10.0 s, p90 10.0 s",
        SAVED,
        "selection gap: 1",
        "everything ran in 2 of 4 warm runs",
        "  2 x lock changed",
    ],
)
def test_statistics_say(said: str) -> None:
    """One line for each question."""
    lines = [
        _line(1, flaky=2, cached=3, store="hit", age=2.0),
        _line(2, "escape", classes={"selection gap": 1}, confirm=4.0),
        _line(3, everything=("lock changed",), cached=3, store="hit", age=30.0),
        _line(4, everything=("lock changed",), flaky=5, store="miss"),
    ]
    assert said in statistics.statistics(_figures(lines))


def test_weeks_are_told_apart() -> None:
    """A trend needs two of them."""
    weeks = [(it.of, it.runs, it.escapes) for it in _figures([_line(1), _line(3), _line(9)]).trend]
    assert weeks == [("2026-02-23", 1, 0), ("2026-03-02", 1, 0), ("2026-03-09", 1, 0)]
    assert not any(
        line.startswith("week of") for line in statistics.statistics(_figures([_line(3)]))
    )


def test_only_runs_since_a_day_count() -> None:
    """An escape that is long mended does not weigh for ever."""
    found = _figures([_line(1, "escape"), _line(5), _line(6)], since="2026-03-05")
    assert (found.escapes.events, found.escapes.runs, found.first[:10]) == (0, 2, "2026-03-05")


def test_the_list_tells_who_came_and_went() -> None:
    """Growth is not only a difference: ten may have come while nine went."""
    memory = FlakyMemory(
        nodeids=("a", "b", "c"),
        tests={
            "a": FlakyTest(first="2026-03-06T00:00:00+00:00", runs=3),
            "b": FlakyTest(first="2026-01-01T00:00:00+00:00", runs=3),
            "c": FlakyTest(),
        },
        gone={"d": Gone(at="2026-03-07", why=""), "e": Gone(at="2026-01-07", why="")},
    )
    found = _figures([_line(5, flaky=2), _line(7, flaky=3)], memory, "2026-03-05").flaky
    assert (found.came, found.went) == (("a",), ("d",))
    lines = statistics.statistics(
        _figures([_line(5, flaky=2), _line(7, flaky=3)], memory, "2026-03-05")
    )
    assert "flaky tests: 2 -> 3 (1 came, 1 went)" in lines


@pytest.mark.parametrize("since", ["", "2026-03-05"])
def test_no_run_is_told_in_words(since: str) -> None:
    """Whether there was never one, or none since then."""
    assert "run: ft parity" in statistics.statistics(_figures([], since=since))[0]
