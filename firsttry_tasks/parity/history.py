"""What the parity runs so far tell: lines in, figures out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.model.values import Report, Stage, Verdict

#: A golden cache was restored, there was none that fits, or nobody asked for one.
Store = Literal["hit", "miss", ""]
#: How many parity runs are kept.
KEPT = 5_000


class Line(Struct, frozen=True, kw_only=True):
    """One parity run; ``id`` names the runs behind it, so that it counts once. Times in seconds.

    ``cached`` of ``gates`` warm gates stood from an earlier run; ``selected`` of ``total`` tests
    ran in warm, or all of them for the reasons in ``everything``; ``flaky`` tests were listed.
    ``store`` tells what asking for a golden cache came to, ``age`` its hours since it was made.
    """

    id: str
    at: str
    fingerprint: str
    verdict: str
    exit_code: int
    classes: dict[str, int] = {}
    warm: float = 0.0
    full: float = 0.0
    confirm: float = 0.0
    gates: int = 0
    cached: int = 0
    selected: int = 0
    total: int | None = None
    everything: tuple[str, ...] = ()
    flaky: int = 0
    store: Store = ""
    age: float | None = None


class RunContext(Struct, frozen=True, kw_only=True):
    """What stood around a parity run; as in ``Line``."""

    at: str
    flaky: int = 0
    store: Store = ""
    age: float | None = None


def line(found: Mapping[Stage, Report], verdict: Verdict, around: RunContext) -> Line:
    """Return the line of one parity run."""
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
    """Return the name of the runs behind two reports: the same evidence has the same name."""
    return "+".join(sorted({it.result.run for report in found.values() for it in report.gates}))


def longer(lines: Sequence[Line], last: Line) -> list[Line]:
    """Return a history with one more run, of which the newest runs are kept."""
    return [*lines, last][-KEPT:]


def upper(events: int, runs: int) -> float:
    """Return the upper 95 % bound of a rate: 0 of n still allows about 3/n.

    The exact (Clopper-Pearson) bound, found by halving: the rate at which so few events would be
    seen in 5 % of the cases.
    """
    if not runs or events >= runs:
        return 1.0
    low, high = events / runs, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, runs, middle) > 0.05 else (low, middle)  # noqa: PLR2004  95 %
    return high


def _at_most(events: int, runs: int, rate: float) -> float:
    """Return the chance of at most so many events."""
    term = whole = (1 - rate) ** runs
    for n in range(1, events + 1):
        term *= (runs - n + 1) / n * rate / (1 - rate) if rate < 1 else 0.0
        whole += term
    return whole


def deciles(values: Sequence[float]) -> list[float]:
    """Return the nine values that part these, which are all there are, into tenths."""
    import statistics

    # One value can't be parted before Python 3.13; twice the same is as good.
    several = values if len(values) > 1 else [*values, *values]
    return statistics.quantiles(several, n=10, method="inclusive")
