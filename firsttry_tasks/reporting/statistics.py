"""Tells people what the history and the flaky memory hold: figures, tables and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.flaky.memory import FILE, interval, whole
from firsttry_tasks.model.flaky_records import FlakyTest, Gone
from firsttry_tasks.reporting.table import duration, table

if TYPE_CHECKING:
    import datetime as dt

    from firsttry_tasks.model.flaky_records import FlakyMemory
    from firsttry_tasks.parity.figures import Figures, Listed, Times

#: How many reasons for running everything are told: those worth mending are the most frequent.
REASONS = 5
#: How many tests a message to a channel names. A judgement: Slack folds longer messages.
NAMED = 20
WEEK = 7
#: From so many weeks on their table says something, and so many of them fit on a screen.
SEVERAL, WEEKS = 2, 12


def statistics(found: Figures) -> list[str]:
    """Return the figures of the parity runs, a line each, and the weeks as a table."""
    runs = found.escapes.runs
    if not runs:
        since = f" since {found.since[:10]}" if found.since else ""
        return [f"No parity run is recorded yet{since}; run: ft parity"]
    listed = found.flaky
    return [
        f"parity runs: {runs}, from {found.first[:10]} to {found.last[:10]}",
        *([found.source] if found.source else []),
        _escapes(found),
        f"flaky tests: {listed.first} -> {listed.last}{_moved(listed)}",
        *_stood(found),
        *_golden(found),
        *(_times(name, times) for name, times in (("warm", found.warm), ("full", found.full))),
        _saved(found),
        *(f"{kind}: {number}" for kind, number in found.classes.items()),
        *_reasons(found),
        *_trend(found),
    ]


def _escapes(found: Figures) -> str:
    it = found.escapes
    return f"escapes: {it.events} of {it.runs} ({it.rate:.1%}, 95 % sure: at most {it.bound:.1%})"


def _moved(listed: Listed) -> str:
    words = [f"{len(listed.came)} came"] * bool(listed.came)
    words += [f"{len(listed.went)} went"] * bool(listed.went)
    return f" ({', '.join(words)})" if words else ""


def _stood(found: Figures) -> list[str]:
    it = found.cache
    # At least 1, because old lines have no count of gates.
    part = f"{it.stood} of {it.gates} ({it.stood / max(it.gates, 1):.0%})"
    return [f"warm gates that stood from an earlier run: {part}"]


def _golden(found: Figures) -> list[str]:
    it = found.cache
    if it.rate is None:
        return []
    said = f"golden cache: {it.hits} of {it.asked} ({it.rate:.0%})"
    if it.age_median is not None:
        said += f"; {it.age_median:g} h old (median), p90 {it.age_high:g} h"
    return [said]


def _times(name: str, times: Times) -> str:
    return f"{name}: median {duration(times.median)}, p90 {duration(times.high)}"


def _saved(found: Figures) -> str:
    return (
        f"warm instead of full would have saved {duration(found.saved)} "
        f"(full {duration(found.full.total)}, warm {duration(found.warm.total)}, "
        f"confirming {duration(found.confirm)})"
    )


def _reasons(found: Figures) -> list[str]:
    """Return why everything ran, the most frequent reasons first."""
    if not found.everything_runs:
        return []
    shown = list(found.everything.items())[:REASONS]
    return [
        f"everything ran in {found.everything_runs} of {found.escapes.runs} warm runs",
        *(f"  {number} x {why}" for why, number in shown),
    ]


def _trend(found: Figures) -> list[str]:
    """Return the weeks, where there are several, the last ones of many."""
    if len(found.trend) < SEVERAL:
        return []
    rows = [
        (
            it.of,
            str(it.runs),
            str(it.escapes),
            str(it.flaky),
            f"{it.hits} of {it.asked}" if it.asked else "-",
            duration(it.warm),
            duration(it.full),
        )
        for it in found.trend[-WEEKS:]
    ]
    head = ("week of", "runs", "escapes", "flaky", "cache hits", "warm", "full")
    return ["", *table(head, rows)]


def audit(memory: FlakyMemory, limit: int, today: dt.date) -> list[str]:
    """Return the audit: the count, a warning above the limit, each test, and the week's changes."""
    count = len(memory.nodeids)
    week = [*_came(memory, today), *_went(memory, today)]
    if not count:
        return ["No flaky tests are recorded.", *week]
    rows = [_row(nodeid, test, today) for nodeid, test in whole(memory).items()]
    head = ("state", "rate", "age", "last seen", "expires", "owner", "test")
    return [headline(memory, limit), *_warning(count, limit), *table(head, rows), *week]


def headline(memory: FlakyMemory, limit: int) -> str:
    """Return the line with the number of listed tests and the limit."""
    count = len(memory.nodeids)
    return f"{count} flaky {'test' if count == 1 else 'tests'} (limit {limit}):"


def _warning(count: int, limit: int) -> list[str]:
    if count <= limit:
        return []
    mend = "Mend the worst, and take them out with: ft flaky forget ID"
    return [f"WARNING: more than {limit} flaky tests. {mend}"]


def _rate(test: FlakyTest) -> str:
    """Return how often a test failed, with an interval: 1 of 2 runs says hardly anything."""
    if not test.runs:
        return "unknown"
    low, high = interval(test.failures, test.runs)
    return f"{test.failures / test.runs:.0%} ({low:.0%} to {high:.0%}, {test.runs} runs)"


def _row(nodeid: str, test: FlakyTest, today: dt.date) -> tuple[str, ...]:
    age = f"{(today - _day(test.first)).days} days" if test.first else "-"
    after = f" (after {test.before})" if test.before else ""
    return (
        test.state,
        _rate(test),
        age,
        test.last[:10] or "-",
        test.expires or "-",
        test.owner or "-",
        f"{nodeid}{after}",
    )


def _day(at: str) -> dt.date:
    import datetime as dt

    return dt.date.fromisoformat(at[:10])


def _this_week(at: str, today: dt.date) -> bool:
    """Tell whether a time lies within the last days; one that is not known does not."""
    return bool(at) and (today - _day(at)).days < WEEK


def _came(memory: FlakyMemory, today: dt.date) -> list[str]:
    """Return a line for each test that was first seen this week."""
    # A test without runs was put on the list by a person, so it has no first sighting.
    seen = ((n, it.first) for n, it in whole(memory).items() if it.runs)
    new = [nodeid for nodeid, first in seen if _this_week(first, today)]
    return [f"came this week: {nodeid}" for nodeid in new]


def _went(memory: FlakyMemory, today: dt.date) -> list[str]:
    left = [(n, it.why) for n, it in memory.gone.items() if _this_week(it.at, today)]
    return [f"went this week: {nodeid} ({why})" for nodeid, why in left]


class ListedTest(FlakyTest, frozen=True, kw_only=True):
    """A listed test with the bounds of its rate of failures, 95 % sure."""

    rate_low: float
    rate_high: float


class FlakyAnswer(Struct, frozen=True, kw_only=True):
    """The known flaky tests: how many, the lock's limit, what is known, and who left the list."""

    count: int
    limit: int
    nodeids: tuple[str, ...]
    tests: dict[str, ListedTest]
    gone: dict[str, Gone]


def answer(memory: FlakyMemory, limit: int) -> FlakyAnswer:
    """Return the audit for programs."""
    tests = {}
    for nodeid, test in whole(memory).items():
        low, high = interval(test.failures, test.runs)
        tests[nodeid] = ListedTest(**msgspec.structs.asdict(test), rate_low=low, rate_high=high)
    return FlakyAnswer(
        count=len(memory.nodeids),
        limit=limit,
        nodeids=memory.nodeids,
        tests=tests,
        gone=memory.gone,
    )


def message(memory: FlakyMemory, limit: int) -> str:
    """Return the audit as a message to a Slack channel."""
    lines = [f"• `{nodeid}` ({test.state})" for nodeid, test in whole(memory).items()]
    more = [f"and {len(lines) - NAMED} more in {FILE}"] if len(lines) > NAMED else []
    warning = _warning(len(lines), limit)
    return "\n".join([headline(memory, limit), *warning, *lines[:NAMED], *more])
