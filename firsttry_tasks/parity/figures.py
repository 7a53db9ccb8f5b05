"""What the parity runs so far come to: escapes, the flaky list, golden caches, times; by week."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.parity.history import deciles, upper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.model.flaky_records import FlakyMemory
    from firsttry_tasks.parity.history import Line

#: An incomparable run counts as an escape, as its exit code says (fail closed).
ESCAPES = frozenset({"escape", "incomparable"})


class Escapes(Struct, frozen=True, kw_only=True):
    """How often warm was wrong: ``events`` of ``runs``, at most ``bound`` with 95 % certainty."""

    events: int
    runs: int
    rate: float
    bound: float


class Listed(Struct, frozen=True, kw_only=True):
    """How the flaky list grew: tests at the first run, at the last one, and who came and went."""

    first: int
    last: int
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()


class Caches(Struct, frozen=True, kw_only=True):
    """How often a golden cache was there: ``hits`` of ``asked``; ages are in hours.

    ``stood`` of ``gates`` warm gates kept the result of an earlier run.
    """

    asked: int
    hits: int
    rate: float | None
    age_median: float | None
    age_high: float | None
    gates: int
    stood: int


class Times(Struct, frozen=True, kw_only=True):
    """What one stage took, in seconds: the median, the 90th percentile, and all together."""

    median: float
    high: float
    total: float


class Week(Struct, frozen=True, kw_only=True):
    """The runs of one week, which began on the Monday ``of``."""

    of: str
    runs: int
    escapes: int
    flaky: int
    asked: int
    hits: int
    warm: float
    full: float


class Figures(Struct, frozen=True, kw_only=True):
    """What the parity runs since a day come to.

    ``confirm`` are seconds that looking into differences took, ``saved`` those that warm alone
    would have saved. ``classes`` counts the causes of differences; ``everything`` the reasons for
    which all tests ran, in ``everything_runs`` runs.
    """

    schema_version: int = 1
    since: str
    first: str
    last: str
    source: str
    escapes: Escapes
    flaky: Listed
    cache: Caches
    warm: Times
    full: Times
    confirm: float
    saved: float
    classes: dict[str, int]
    everything_runs: int
    everything: dict[str, int]
    trend: tuple[Week, ...]


def figures(lines: Sequence[Line], memory: FlakyMemory, since: str, source: str) -> Figures:
    """Return the figures of the runs since a day; all of them where it is ""."""
    asked = [it for it in lines if it.at >= since]
    warm, full = _times([it.warm for it in asked]), _times([it.full for it in asked])
    confirm = sum(it.confirm for it in asked)
    return Figures(
        since=since,
        first=asked[0].at if asked else "",
        last=asked[-1].at if asked else "",
        source=source,
        escapes=_escapes(asked),
        flaky=_listed(asked, memory, since),
        cache=_caches(asked),
        warm=warm,
        full=full,
        confirm=round(confirm, 3),
        # What confirming cost is taken off: without warm nothing would have to be confirmed.
        saved=round(max(full.total - warm.total - confirm, 0.0), 3),
        classes=_summed(it.classes for it in asked),
        everything_runs=sum(bool(it.everything) for it in asked),
        everything=_often(why for it in asked for why in it.everything),
        trend=tuple(
            _week(of, list(runs)) for of, runs in groupby(asked, lambda it: _monday(it.at))
        ),
    )


def _escapes(lines: Sequence[Line]) -> Escapes:
    events, runs = sum(it.verdict in ESCAPES for it in lines), len(lines)
    return Escapes(
        events=events,
        runs=runs,
        rate=round(events / max(runs, 1), 4),
        bound=round(upper(events, runs), 4),
    )


def _listed(lines: Sequence[Line], memory: FlakyMemory, since: str) -> Listed:
    # A test without runs was put on the list by a person, so it has no first sighting.
    tests = memory.tests.items()
    return Listed(
        first=lines[0].flaky if lines else len(memory.nodeids),
        last=lines[-1].flaky if lines else len(memory.nodeids),
        came=tuple(sorted(name for name, it in tests if it.runs and it.first >= (since or " "))),
        went=tuple(sorted(name for name, it in memory.gone.items() if it.at >= since)),
    )


def _caches(lines: Sequence[Line]) -> Caches:
    asked = [it for it in lines if it.store]
    hits = sum(it.store == "hit" for it in asked)
    ages = deciles([it.age for it in asked if it.age is not None] or [0.0])
    known = any(it.age is not None for it in asked)
    return Caches(
        asked=len(asked),
        hits=hits,
        rate=round(hits / len(asked), 4) if asked else None,
        age_median=ages[4] if known else None,
        age_high=ages[8] if known else None,
        gates=sum(it.gates for it in lines),
        stood=sum(it.cached for it in lines),
    )


def _times(values: Sequence[float]) -> Times:
    # No mean: one run that hung would decide it.
    cuts = deciles(values or [0.0])
    return Times(median=round(cuts[4], 3), high=round(cuts[8], 3), total=round(sum(values), 3))


def _week(of: str, lines: Sequence[Line]) -> Week:
    return Week(
        of=of,
        runs=len(lines),
        escapes=sum(it.verdict in ESCAPES for it in lines),
        flaky=lines[-1].flaky,
        asked=sum(bool(it.store) for it in lines),
        hits=sum(it.store == "hit" for it in lines),
        warm=_times([it.warm for it in lines]).median,
        full=_times([it.full for it in lines]).median,
    )


def _monday(at: str) -> str:
    day = dt.date.fromisoformat(at[:10])
    return (day - dt.timedelta(days=day.weekday())).isoformat()


def _summed(found: Iterable[dict[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for one in found:
        summed.update(one)
    return dict(sorted(summed.items()))


def _often(found: Iterable[str]) -> dict[str, int]:
    """Return how often each came, the most frequent first."""
    return dict(sorted(Counter(found).items(), key=lambda pair: (-pair[1], pair[0])))
