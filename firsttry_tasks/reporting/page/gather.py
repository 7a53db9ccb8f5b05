"""Puts together what the page tells, from reports, verdict, history and flaky list: all pure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import STAGES, Report, Stage, Verdict
from firsttry_tasks.parity.history import Line, upper
from firsttry_tasks.reporting.page import causes, testing
from firsttry_tasks.reporting.page.values import (
    Box,
    Difference,
    Fallback,
    Flake,
    Gate,
    Move,
    Page,
    Run,
    Shard,
    Sighting,
    Trust,
)
from firsttry_tasks.reporting.text import outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.model.flaky_records import FlakyTest
    from firsttry_tasks.model.values import Divergence, GateReport

#: Days over which reasons for running everything are counted, and in which moves are news.
DAYS = 30
#: How many runs the page draws. A judgement: a month of sixteen a day.
RUNS = 500
#: The command to go on with, by the state of the run; where all is good there is none.
NEXT = {
    "escape": "ft compare --learn",
    "red": "ft warm -v",
    "flaky": "ft flaky",
    "error": "ft doctor",
    "incomparable": "ft parity",
    "infrastructure": "ft doctor",
}


class Sources(Struct, frozen=True, kw_only=True):
    """What is there to tell of; ``moved`` are sentences on flaky tests whose state changed."""

    reports: dict[Stage, Report]
    verdict: Verdict | None = None
    lines: tuple[Line, ...] = ()
    memory: FlakyMemory = FlakyMemory()
    moved: tuple[str, ...] = ()
    shards: tuple[Shard, ...] = ()
    boxes: tuple[Box, ...] = ()
    asked: str = ""


def one_run(reports: Mapping[Stage, Report]) -> dict[Stage, Report]:
    """Return the newest report, and the other stage's where it is of the same tree."""
    newest = max(reports.values(), key=lambda it: it.created)
    same = (newest.tree, newest.fingerprint)
    return {
        stage: reports[stage]
        for stage in STAGES
        if stage in reports and (reports[stage].tree, reports[stage].fingerprint) == same
    }


def page(it: Sources) -> Page:
    """Return everything that the page tells."""
    last = it.reports.get("full") or it.reports["warm"]
    listed = frozenset(it.memory.nodeids)
    failed = causes.failures(it.reports, it.verdict, listed)
    seconds = {stage: report.seconds for stage, report in it.reports.items()}
    counted = testing.sums(it.reports)
    return Page(
        headline=causes.headline(it.reports, it.verdict, failed),
        state=it.verdict.name if it.verdict else last.status,
        sentence=it.verdict.sentence if it.verdict else "",
        at=last.created,
        commit=last.head,
        stages=tuple(it.reports),
        trust=trust(it.lines),
        total=counted.total,
        ran=counted.ran,
        stood=counted.stood,
        skipped=counted.skipped,
        warm_seconds=seconds.get("warm"),
        full_seconds=seconds.get("full"),
        then=NEXT.get(it.verdict.name if it.verdict else last.status, ""),
        asked=it.asked,
        warnings=tuple(dict.fromkeys(w for one in it.reports.values() for w in one.warnings)),
        learned=it.verdict.learned if it.verdict else (),
        failures=failed,
        differences=_differences(it.verdict),
        tests=testing.tests(it.reports, listed),
        gates=tuple(_gates(it.reports)),
        shards=it.shards,
        fallbacks=fallbacks(it.lines),
        flaky=tuple(_flake(*pair) for pair in flaky_memory.whole(it.memory).items()),
        moves=_moves(it.memory, it.moved, last.created),
        boxes=it.boxes,
        runs=tuple(map(_run, it.lines[-RUNS:])),
    )


def trust(lines: Sequence[Line]) -> Trust:
    """Return how far warm can be trusted, by the runs that compared."""
    if not lines:
        return Trust(sentence="No parity run is recorded here yet, so nothing is proved.")
    # What can't be compared counts as an escape, as its exit code says (fail closed).
    escapes = sum(line.verdict in {"escape", "incomparable"} for line in lines)
    most = upper(escapes, len(lines))
    runs = f"{escapes} escape{'' if escapes == 1 else 's'} in {len(lines)} parity run"
    sentence = f"{runs}{'' if len(lines) == 1 else 's'}: at most {_percent(most)}"
    return Trust(runs=len(lines), escapes=escapes, most=most, sentence=sentence)


def _percent(rate: float) -> str:
    return f"{rate * 100:.1f} %".replace(".0 %", " %")


def _differences(verdict: Verdict | None) -> tuple[Difference, ...]:
    met = verdict.divergences if verdict else ()
    # What blocks comes first, and what warm missed before what it alone saw.
    return tuple(map(_difference, sorted(met, key=lambda it: (not it.blocks, it.side != "full"))))


def _difference(it: Divergence) -> Difference:
    return Difference(
        name=it.nodeid or it.finding,
        gate=it.gate,
        side=it.side,
        kind=it.kind,
        blocks=it.blocks,
        sentence=it.sentence,
        reason=it.reason or "",
        because=it.because,
        mend=it.mend,
        depends=tuple(f'"{glob}" = ["{test}"]' for glob, test in sorted(it.depends.items())),
        proof=tuple(f"{run.way}: {run.failures} of {run.runs} red" for run in it.reruns),
    )


def _gates(reports: Mapping[Stage, Report]) -> Iterable[Gate]:
    for stage, report in reports.items():
        began = [it.result.began for it in report.gates if it.result.began and not it.cached]
        first = min(began, default=0.0)
        for line in report.gates:
            yield _gate(stage, line, first)


def _gate(stage: Stage, line: GateReport, first: float) -> Gate:
    it = line.result
    drawn = it.began and not line.cached
    return Gate(
        stage=stage,
        gate=it.gate,
        status=it.status,
        seconds=it.seconds,
        began=round(it.began - first, 3) if drawn else None,
        cached=line.cached,
        outcome=outcome(it),
        why="nothing changed since" if line.cached else "; ".join(it.why),
    )


def fallbacks(lines: Sequence[Line]) -> tuple[Fallback, ...]:
    """Return why everything ran in the last ``DAYS`` days before the newest run, ranked."""
    found: dict[str, list[str]] = {}
    for line in _recent(lines):
        for why in line.everything:
            found.setdefault(why, []).append(line.at)
    ranked = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(Fallback(why=why, runs=len(at), last=max(at)) for why, at in ranked)


def _recent(lines: Sequence[Line]) -> list[Line]:
    if not lines:
        return []
    since = _days_before(lines[-1].at, DAYS)
    return [line for line in lines if line.at[:10] >= since]


def _days_before(at: str, days: int) -> str:
    """Return the day so many days before a time; "" where that can't be read: then all is near."""
    try:
        return (dt.date.fromisoformat(at[:10]) - dt.timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _flake(name: str, test: FlakyTest) -> Flake:
    low, high = flaky_memory.interval(test.failures, test.runs)
    seen = [Sighting(at=it.at, runs=it.runs, failures=it.failures) for it in test.sightings]
    seen += [Sighting(at=day, runs=runs, failures=0) for day, runs in test.passes.items()]
    return Flake(
        name=name,
        state=test.state,
        runs=test.runs,
        failures=test.failures,
        low=low,
        high=high,
        first=test.first,
        last=test.last,
        expires=test.expires,
        owner=test.owner,
        after=test.before,
        history=tuple(sorted(seen, key=lambda it: it.at)),
    )


def _moves(memory: FlakyMemory, moved: Sequence[str], now: str) -> tuple[Move, ...]:
    """Return what came and went in the last ``DAYS`` days, the newest first."""
    since = _days_before(now, DAYS)
    tests = flaky_memory.whole(memory).items()
    came = [Move(at=it.first, name=n, what="came") for n, it in tests if it.runs and it.first]
    went = [Move(at=it.at, name=n, what=f"left: {it.why}") for n, it in memory.gone.items()]
    news = sorted((it for it in (*came, *went) if it.at[:10] >= since), key=lambda it: it.at)
    return (*(Move(at=now, name="", what=text) for text in moved), *reversed(news))


def _run(line: Line) -> Run:
    return Run(
        at=line.at,
        verdict=line.verdict,
        warm=line.warm,
        full=line.full,
        confirm=line.confirm,
        selected=line.selected,
        total=line.total,
        everything=bool(line.everything),
        flaky=line.flaky,
        store=line.store,
        store_hours=line.age,
    )
