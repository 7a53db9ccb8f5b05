"""The audit of the flaky memory, in words."""

from __future__ import annotations

import datetime as dt

from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone
from firsttry_tasks.reporting import statistics

TODAY = dt.date(2026, 3, 10)
OLD = FlakyTest(state="flaky", first="2026-02-01T00:00:00+00:00", last="2026-03-09T00:00:00+00:00")
NEW = FlakyTest(state="suspect", first="2026-03-09T00:00:00+00:00", runs=10, failures=1)
MEMORY = FlakyMemory(
    nodeids=("a", "b"),
    tests={"a": OLD, "b": NEW},
    gone={"c": Gone(at="2026-03-08", why="forgotten by hand"), "d": Gone(at="2026-01-01", why="")},
)


def _lines(memory: FlakyMemory = MEMORY, limit: int = 50) -> list[str]:
    return statistics.audit(memory, limit, TODAY)


def test_an_empty_list_is_good_news() -> None:
    """Told in words, not by an empty page."""
    assert _lines(FlakyMemory()) == ["No flaky tests are recorded."]


def test_each_test_has_a_row() -> None:
    """State, rate with its interval, age, days and owner."""
    row = " ".join(_lines()[4].split())
    assert row == "suspect 10% (2% to 40%, 10 runs) 1 days - - - b"


def test_the_week_is_told() -> None:
    """Who came, by what was seen; who went, and why."""
    assert _lines()[5:] == ["came this week: b", "went this week: c (forgotten by hand)"]


def test_a_listed_test_without_evidence_did_not_come_this_week() -> None:
    """A list of the older format has no dates; reading it is no news."""
    dated = FlakyTest(state="flaky", first="2026-03-10T00:00:00+00:00")
    lines = _lines(FlakyMemory(nodeids=("a",), tests={"a": dated}))
    assert not any(line.startswith("came") for line in lines)


def test_above_the_limit_it_warns() -> None:
    """With the command that takes one out."""
    assert _lines(limit=1)[1].startswith("WARNING: more than 1 flaky tests.")


def test_a_message_names_no_more_than_a_channel_bears() -> None:
    """The others are in the file."""
    many = FlakyMemory(nodeids=tuple(f"t{n:02}" for n in range(30)))
    lines = statistics.message(many, 50).splitlines()
    assert (len(lines), lines[-1]) == (22, "and 10 more in ci/flaky_tests.json")
