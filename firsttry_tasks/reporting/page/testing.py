"""Joins what both stages say of each test: how it ended, whether warm ran it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from firsttry_tasks.reporting.page.values import Sum, Test

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from firsttry_tasks.model.values import GateReport, Report, Stage

STOOD = "nothing that it uses has changed"


class Sums(Struct, frozen=True, kw_only=True):
    """How many tests ran, stood and were skipped, of how many, in the run that is told of."""

    total: int | None
    ran: Sum
    stood: Sum
    skipped: Sum


class _Known(Struct, frozen=True, kw_only=True):
    """What one stage knows of its tests; ``ran`` maps those that ran to their seconds."""

    ran: dict[str, float] = {}
    skipped: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    why: dict[str, str] = {}
    default: str = STOOD
    total: int | None = None


def _known(reports: Mapping[Stage, Report], stage: Stage) -> _Known | None:
    """Return what a stage knows; None where it had no tests gate."""
    report = reports.get(stage)
    lines = report.gates if report else ()
    return next((_of(line) for line in lines if line.result.tests is not None), None)


def _of(line: GateReport) -> _Known:
    result, detail = line.result, line.result.tests
    if detail is None or line.cached:
        # What an earlier run ran did not run now, and its tests are as green as they were.
        return _Known(total=detail.counts.total if detail else None)
    everything = f"everything ran: {'; '.join(result.why)}"
    return _Known(
        ran=detail.durations,
        skipped=frozenset(detail.skipped),
        failed=frozenset(it.nodeid for it in result.findings if it.nodeid),
        why=detail.why,
        default=everything if detail.mode == "everything" else "selected",
        total=detail.counts.total,
    )


def sums(reports: Mapping[Stage, Report]) -> Sums:
    """Return what ran in warm, what stood, and what was skipped; in full where warm did not run."""
    warm, full = _known(reports, "warm"), _known(reports, "full")
    one = warm or full or _Known()
    totals = [it.total or len(it.ran) for it in (full, one) if it]
    total = max(totals, default=0) if any(it and it.total for it in (full, one)) else None
    every = {name: took for it in (one, full) if it for name, took in it.ran.items()}
    skipped = {name for it in (one, full) if it for name in it.skipped} & every.keys()
    stood = every.keys() - one.ran.keys() - skipped
    count = len(stood) if full else max(0, (total or 0) - len(one.ran))
    return Sums(
        total=total,
        ran=_sum(every, one.ran.keys() - skipped),
        stood=_sum(every, stood) if full else Sum(tests=count),
        skipped=_sum(every, skipped),
    )


def _sum(seconds: Mapping[str, float], names: Collection[str]) -> Sum:
    return Sum(tests=len(names), seconds=round(sum(seconds[name] for name in names), 3))


def tests(reports: Mapping[Stage, Report], flaky: Collection[str]) -> tuple[Test, ...]:
    """Return every test that a stage knows: what failed first, then what warm ran."""
    warm, full = _known(reports, "warm"), _known(reports, "full")
    stages = [it for it in (warm, full) if it]
    failed = {name for it in stages for name in it.failed}
    skipped = {name for it in stages for name in it.skipped}
    # Full comes last: on a cold tree, and beside nothing else, it measures as everybody does.
    seconds = {name: it for stage in stages for name, it in stage.ran.items()}
    names = [*seconds, *sorted(failed - seconds.keys())]
    made = (
        Test(
            name=name,
            outcome="failed" if name in failed else "skipped" if name in skipped else "passed",
            warm=_ran(warm, name),
            seconds=round(seconds.get(name, 0.0), 4),
            flaky=name in flaky,
            why=_why(warm, name),
        )
        for name in names
    )
    return tuple(_ordered(made))


def _ran(warm: _Known | None, name: str) -> Literal["ran", "stood", "not asked"]:
    if warm is None:
        return "not asked"
    return "ran" if name in warm.ran or name in warm.failed else "stood"


def _why(warm: _Known | None, name: str) -> str:
    if warm is None:
        return "full runs everything"
    if name not in warm.ran and name not in warm.failed:
        return STOOD
    return warm.why.get(name, warm.default)


def _ordered(found: Iterable[Test]) -> list[Test]:
    return sorted(found, key=lambda it: (it.outcome != "failed", it.warm != "ran"))
