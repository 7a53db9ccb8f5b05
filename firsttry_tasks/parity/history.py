"""Keeps one line for each parity run, and computes rates and quantiles over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.model.values import Report, Stage, Verdict

#: "hit": a golden cache was restored; "miss": there was none that fits; "": none was asked for.
Store = Literal["hit", "miss", ""]
#: How many parity runs are kept. A judgement: a year of 13 runs a day; a line has some hundred
#: bytes, so the file stays at a few megabytes.
KEPT = 5_000


#: Numbers of a line lie in here, so that sums and rates over thousands of lines stay finite. An age
#: may be below zero, where two machines' clocks differ.
Number = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Amount = Annotated[float, Meta(ge=-1e9, le=1e9)]


class Line(Struct, frozen=True, kw_only=True):
    """One parity run; ``id`` names the runs behind it, so that it counts once. Times in seconds.

    ``cached`` of ``gates`` warm gates kept the result of an earlier run; ``selected`` of ``total``
    tests ran in warm, or all of them for the reasons in ``everything``; ``flaky`` tests were
    listed. ``store`` tells whether a golden cache was restored, ``age`` its age in hours.
    """

    id: str
    at: str
    fingerprint: str
    verdict: str
    exit_code: Number
    classes: dict[str, int] = {}
    warm: Amount = 0.0
    full: Amount = 0.0
    confirm: Amount = 0.0
    gates: Number = 0
    cached: Number = 0
    selected: Number = 0
    total: Number | None = None
    everything: tuple[str, ...] = ()
    flaky: Number = 0
    store: Store = ""
    age: Amount | None = None


class RunContext(Struct, frozen=True, kw_only=True):
    """What a parity run's reports don't say; the fields are as in ``Line``."""

    at: str
    flaky: int = 0
    store: Store = ""
    age: float | None = None


def line(found: Mapping[Stage, Report], verdict: Verdict, around: RunContext) -> Line:
    """Return the line of one parity run."""
    # A gate that kept an earlier result did no work in this run: its time and its tests would be
    # counted a second time.
    warm, full = found["warm"], found["full"]
    detail = next((it.result for it in warm.gates if it.result.tests and not it.cached), None)
    counts = detail.tests.counts if detail and detail.tests else None
    mode = detail.tests.mode if detail and detail.tests else ""
    kinds = [it.kind for it in verdict.divergences]
    return Line(
        id=identity(found),
        at=around.at,
        fingerprint=verdict.fingerprint,
        verdict=verdict.name,
        exit_code=verdict.exit_code,
        classes={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        warm=round(sum(it.result.seconds for it in warm.gates if not it.cached), 3),
        full=round(sum(it.result.seconds for it in full.gates), 3),
        confirm=verdict.confirm_seconds,
        gates=len(warm.gates),
        cached=sum(it.cached for it in warm.gates),
        selected=counts.selected if counts else 0,
        total=counts.total if counts else None,
        everything=detail.why if detail and mode == "everything" else (),
        flaky=around.flaky,
        store=around.store,
        age=around.age,
    )


def identity(found: Mapping[Stage, Report]) -> str:
    """Return the id of two reports: reports of the same runs of gates have the same id."""
    # So comparing twice adds one line, and a run that CI uploaded and a laptop read counts once.
    return "+".join(sorted({it.result.run for report in found.values() for it in report.gates}))


def longer(lines: Sequence[Line], last: Line) -> list[Line]:
    """Return the history with one more run, cut to the newest ``KEPT``."""
    return [*lines, last][-KEPT:]


def upper(events: int, runs: int) -> float:
    """Return the upper 95 % bound of a rate: 0 of n still allows about 3/n.

    The exact (Clopper-Pearson) bound, found by halving: the rate at which so few events would be
    seen in 5 % of the cases.
    """
    # Exact, because escapes are rare: approximations fail at 0 events, which is the usual case.
    if not runs or events >= runs:
        return 1.0
    # Sixty halvings reach the limit of a float's 53 bits.
    low, high = events / runs, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, runs, middle) > 0.05 else (low, middle)  # noqa: PLR2004  95 %
    return high


def _at_most(events: int, runs: int, rate: float) -> float:
    """Return the probability of at most so many events."""
    # Each term from the one before: binomial coefficients of thousands don't fit into a float.
    term = whole = (1 - rate) ** runs
    for n in range(1, events + 1):
        term *= (runs - n + 1) / n * rate / (1 - rate) if rate < 1 else 0.0
        whole += term
    return whole


def deciles(values: Sequence[float]) -> list[float]:
    """Return the nine cut points that divide these values into tenths."""
    # "inclusive", because these runs are all there are and no sample of more.
    import statistics

    # Before Python 3.13 quantiles() refuses a single value; twice the same gives the same cuts.
    several = values if len(values) > 1 else [*values, *values]
    return statistics.quantiles(several, n=10, method="inclusive")
