"""Says of each failure what is known of its cause, and of all of them what a person would say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firsttry_tasks.reporting.page.values import Cause, Failure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from firsttry_tasks.model.values import Finding, Report, Stage, Verdict

#: How a headline says that one, and that several, have a cause; in this order.
SAID: dict[Cause, tuple[str, str]] = {
    "missed": ("was missed by warm", "were missed by warm"),
    "this change": ("is caused by this change", "are caused by this change"),
    "known flaky": ("is known flaky", "are known flaky"),
    "red before": ("is red on main too", "are red on main too"),
}
UNTOLD = ("has no record from before", "have no record from before")
#: How many characters of a failure's text a page holds. A judgement: three screens of a traceback;
#: the report has all of it, and 500 failures stay below two megabytes.
DETAIL = 2_000


def failures(
    reports: Mapping[Stage, Report], verdict: Verdict | None, listed: Collection[str]
) -> tuple[Failure, ...]:
    """Return every finding of the stages, each once, those with the nearest cause first."""
    seen: dict[str, list[Stage]] = {}
    found: dict[str, Finding] = {}
    for stage, report in reports.items():
        for it in report.failures:
            seen.setdefault(it.id, []).append(stage)
            found.setdefault(it.id, it)
    escaped = missed(verdict)
    flaky = frozenset(listed) | _answered_both_ways(verdict)
    before = {name: how for report in reports.values() for name, how in report.before.items()}
    why = {name: text for report in reports.values() for name, text in _whys(report).items()}
    causes: dict[str, Cause] = {
        name: "missed" if name in escaped else _cause(it, flaky, before)
        for name, it in found.items()
    }
    made = (_failure(it, seen[name], causes[name], why) for name, it in found.items())
    order = [*SAID, "untold"]
    return tuple(sorted(made, key=lambda it: (order.index(it.cause), it.gate != "tests")))


def _answered_both_ways(verdict: Verdict | None) -> frozenset[str]:
    kinds = {"flaky", "order-dependent"}
    met = verdict.divergences if verdict else ()
    return frozenset(it.nodeid for it in met if it.nodeid and it.kind in kinds)


def _whys(report: Report) -> dict[str, str]:
    return {
        name: text
        for line in report.gates
        if line.result.tests
        for name, text in line.result.tests.why.items()
    }


def _cause(it: Finding, flaky: Collection[str], before: Mapping[str, str]) -> Cause:
    # A listed test that fails may be broken as well; nobody can tell that from one run.
    if it.nodeid is None:
        return "untold"
    if it.nodeid in flaky:
        return "known flaky"
    how = before.get(it.nodeid)
    return "untold" if how is None else "red before" if how == "failed" else "this change"


def _failure(it: Finding, seen: Sequence[str], cause: Cause, why: Mapping[str, str]) -> Failure:
    cut = len(it.detail) > DETAIL
    return Failure(
        # A finding of a tool has no name but its place.
        name=it.nodeid or it.rule,
        gate=it.gate,
        rule=it.rule,
        message=it.message,
        cause=cause,
        seen=" and ".join(seen),
        path=it.path or "",
        line=it.line,
        why=why.get(it.nodeid or "", ""),
        # The end has the assertion.
        detail=f"[...]\n{it.detail[-DETAIL:]}" if cut else it.detail,
    )


def headline(
    reports: Mapping[Stage, Report], verdict: Verdict | None, failed: Sequence[Failure]
) -> str:
    """Return what a person would say first."""
    broken = [
        f"{stage} {line.result.gate} could not do its work"
        for stage, report in reports.items()
        for line in report.gates
        if line.result.status == "error"
    ]
    said = [*_failed(failed), *_tools(failed), *broken]
    if not said and verdict and verdict.exit_code:
        return verdict.sentence
    return ". ".join(f"{it[:1].upper()}{it[1:]}" for it in said or [_green(reports)]) + "."


def missed(verdict: Verdict | None) -> frozenset[str]:
    """Return the ids of the findings that warm missed."""
    if verdict is None or verdict.name != "escape":
        return frozenset()
    # Where nobody looked into the differences, each of them counts.
    if not verdict.divergences:
        return frozenset(it.id for it in verdict.only_full)
    return frozenset(it.finding for it in verdict.divergences if it.blocks and it.side == "full")


def _failed(failed: Iterable[Failure]) -> list[str]:
    tests = [it for it in failed if it.gate == "tests"]
    if not tests:
        return []
    counts = Counter(it.cause for it in tests)
    told = [(counts[cause], SAID[cause]) for cause in SAID if counts[cause]]
    untold = counts["untold"]
    # A failure of which nothing is known is worth a word only beside others.
    if told and untold:
        told.append((untold, UNTOLD))
    if not told:
        return [f"{len(tests)} failed"]
    if len(told) == 1:
        who = "it" if len(tests) == 1 else "all"
        return [f"{len(tests)} failed, and {who} {told[0][1][len(tests) > 1]}"]
    return [f"{len(tests)} failed: {', '.join(f'{n} {words[n > 1]}' for n, words in told)}"]


def _tools(failed: Iterable[Failure]) -> list[str]:
    found: dict[str, list[Failure]] = {}
    for it in failed:
        if it.gate != "tests":
            found.setdefault(it.gate, []).append(it)
    said = []
    for gate, its in sorted(found.items()):
        escaped = sum(it.cause == "missed" for it in its)
        more = f", {escaped} of them missed by warm" if escaped else ""
        said.append(f"{gate} has {_counted(len(its), 'finding')}{more}")
    return said


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _green(reports: Mapping[Stage, Report]) -> str:
    ran = {stage: _tests(report) for stage, report in reports.items()}
    if set(ran) == {"warm", "full"}:
        every = _counted(ran["full"], "test")
        return f"Everything passed, and warm ran {ran['warm']:,} of {every} to say so"
    stage, count = next(iter(ran.items()), ("warm", 0))
    if not count:
        return "Nothing that changed is used by any test" if stage == "warm" else "All is green"
    return f"{_counted(count, 'test')} ran, and all is green"


def _tests(report: Report) -> int:
    return sum(
        len(line.result.tests.durations)
        for line in report.gates
        if line.result.tests and not line.cached
    )
