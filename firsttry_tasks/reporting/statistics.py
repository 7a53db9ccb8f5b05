"""Tells people what the history and the flaky memory hold: figures, tables and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.flaky.memory import FILE, interval, whole
from firsttry_tasks.parity.history import deciles, upper
from firsttry_tasks.reporting.table import duration, table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest
    from firsttry_tasks.parity.history import Line

#: How many reasons for running everything are told: those worth mending are the most frequent.
REASONS = 5
#: How many tests a message to a channel names. A judgement: Slack folds longer messages.
NAMED = 20
WEEK = 7


def statistics(lines: Sequence[Line], source: str = "") -> list[str]:
    """Return the figures of the parity runs, a line each.

    ``source`` is a line that says where the runs are from, "" to say nothing.
    """
    if not lines:
        return ["No parity run is recorded yet; run: doit parity"]
    # An incomparable run counts as an escape, as its exit code says (fail closed).
    escapes = sum(it.verdict in {"escape", "incomparable"} for it in lines)
    runs = len(lines)
    most = upper(escapes, runs)
    said = [
        f"parity runs: {runs}, from {lines[0].at[:10]} to {lines[-1].at[:10]}",
        *([source] if source else []),
        f"escapes: {escapes} of {runs} ({escapes / runs:.1%}, 95 % sure: at most {most:.1%})",
        f"flaky tests: {lines[0].flaky} -> {lines[-1].flaky}",
        f"warm gates that stood from an earlier run: {_part(lines)}",
        *_golden(lines),
        *(_times(name, [getattr(it, name) for it in lines]) for name in ("warm", "full")),
        _saved(lines),
    ]
    return [*said, *_classes(lines), *_reasons(lines)]


def _part(lines: Sequence[Line]) -> str:
    # At least 1, because old lines have no count of gates.
    cached, gates = sum(it.cached for it in lines), sum(it.gates for it in lines)
    return f"{cached} of {gates} ({cached / max(gates, 1):.0%})"


def _golden(lines: Sequence[Line]) -> list[str]:
    asked = [it for it in lines if it.store]
    if not asked:
        return []
    hits = sum(it.store == "hit" for it in asked)
    ages = [it.age for it in asked if it.age is not None]
    said = f"golden cache: {hits} of {len(asked)} ({hits / len(asked):.0%})"
    if ages:
        middle, high = _middle_and_high(ages)
        said += f"; {middle:g} h old (median), p90 {high:g} h"
    return [said]


def _times(name: str, values: Sequence[float]) -> str:
    middle, high = _middle_and_high(values)
    return f"{name}: median {duration(middle)}, p90 {duration(high)}"


def _middle_and_high(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 90th percentile."""
    # No mean: one run that hung would decide it.
    _, _, _, _, middle, _, _, _, high = deciles(values)
    return middle, high


def _saved(lines: Sequence[Line]) -> str:
    # What confirming cost is taken off, since without warm nothing would have to be confirmed.
    warm, full = sum(it.warm for it in lines), sum(it.full for it in lines)
    cost = sum(it.confirm for it in lines)
    return (
        f"warm instead of full would have saved {duration(max(full - warm - cost, 0.0))} "
        f"(full {duration(full)}, warm {duration(warm)}, confirming {duration(cost)})"
    )


def _classes(lines: Sequence[Line]) -> list[str]:
    kinds = sorted({kind for it in lines for kind in it.classes})
    return [f"{kind}: {sum(it.classes.get(kind, 0) for it in lines)}" for kind in kinds]


def _reasons(lines: Sequence[Line]) -> list[str]:
    """Return why everything ran, the most frequent reasons first."""
    reasons = [why for it in lines for why in it.everything]
    often = sorted(set(reasons), key=lambda why: (-reasons.count(why), why))[:REASONS]
    all_ran = sum(bool(it.everything) for it in lines)
    head = [f"everything ran in {all_ran} of {len(lines)} warm runs"] if all_ran else []
    return head + [f"  {reasons.count(why)} x {why}" for why in often]


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
    mend = "Mend the worst, and take them out with: doit flaky forget ID"
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


def audit_json(memory: FlakyMemory, limit: int) -> str:
    """Return the audit as JSON, for scripts."""
    tests = {}
    for nodeid, test in whole(memory).items():
        low, high = interval(test.failures, test.runs)
        tests[nodeid] = {**msgspec.to_builtins(test), "rate_low": low, "rate_high": high}
    value = {
        "count": len(memory.nodeids),
        "limit": limit,
        "nodeids": memory.nodeids,
        "tests": tests,
        "gone": memory.gone,
    }
    return msgspec.json.encode(value).decode("utf-8")


def message(memory: FlakyMemory, limit: int) -> str:
    """Return the audit as a message to a Slack channel."""
    lines = [f"• `{nodeid}` ({test.state})" for nodeid, test in whole(memory).items()]
    more = [f"and {len(lines) - NAMED} more in {FILE}"] if len(lines) > NAMED else []
    warning = _warning(len(lines), limit)
    return "\n".join([headline(memory, limit), *warning, *lines[:NAMED], *more])
