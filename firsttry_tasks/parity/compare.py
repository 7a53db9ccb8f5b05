"""The divergence check: what two reports of one tree say about the warm path's honesty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import STAGES, Verdict, VerdictName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.model.values import Divergence, Finding, Report, Stage

ESCAPE = 99
#: Kinds of differences that make a test known as flaky.
LEARNED = frozenset({"flaky", "order-dependent", "environment"})
MATTERS = frozenset({"environment", "infrastructure"})


def judge(reports: dict[Stage, Report | str]) -> Verdict:
    """Compare warm and full by the verdict table.

    A report that can't be compared is given as the sentence that says why.
    """
    found = [(stage, reports[stage]) for stage in STAGES]
    wrong = [f"the {stage} report {it}" for stage, it in found if isinstance(it, str)]
    warm, full = reports["warm"], reports["full"]
    if isinstance(warm, str) or isinstance(full, str):
        return _incomparable(wrong)
    wrong = _apart(warm, full)
    if wrong:
        return _incomparable(wrong)
    return _table(warm, full)


def _apart(warm: Report, full: Report) -> list[str]:
    """Return why two whole reports don't speak of the same thing."""
    wrong = []
    for stage, report in (("warm", warm), ("full", full)):
        if report.stage != stage:
            wrong.append(f"the {stage} report is of stage {report.stage}")
        wrong += [
            f"{stage}:{line.result.gate} could not do its work ({line.result.message})"
            for line in report.gates
            if line.result.status == "error"
        ]
        wrong += [
            f"{', '.join(it.changed_during_run[:3])} changed while {stage}:{it.gate} ran"
            for it in (line.result for line in report.gates)
            if it.changed_during_run
        ]
    if warm.fingerprint != full.fingerprint:
        wrong.append(
            f"the fingerprints differ ({warm.fingerprint[:12]} and {full.fingerprint[:12]})"
        )
    elif warm.tree != full.tree:
        wrong.append("the two stages saw different trees")
    lost = _gates(warm) - _gates(full)
    if lost:
        wrong.append(f"full did not run {', '.join(sorted(lost))}")
    return wrong


def _incomparable(wrong: Iterable[str]) -> Verdict:
    sentence = f"Cache escape assumed: {'; '.join(wrong)}. Nothing proves that warm was right."
    return Verdict(name="incomparable", exit_code=ESCAPE, sentence=sentence)


def _gates(report: Report) -> set[str]:
    return {line.result.gate for line in report.gates if line.result.status != "off"}


def _table(warm: Report, full: Report) -> Verdict:
    """Judge the findings of the gates that both stages have."""
    shared = _gates(warm)
    wf = {finding.id: finding for finding in warm.failures}
    ff = {finding.id: finding for finding in full.failures if finding.gate in shared}
    only_full = tuple(ff[name] for name in sorted(ff.keys() - wf.keys()))
    only_warm = tuple(wf[name] for name in sorted(wf.keys() - ff.keys()))
    name, code, sentence = _name(only_full, only_warm, len(wf), len(ff))
    beyond = [finding for finding in full.failures if finding.gate not in shared]
    if not code and beyond:
        name, code = "red", 1
        sentence = f"Red in a gate that only full has: {_where(beyond)}."
    return Verdict(
        name=name,
        exit_code=code,
        sentence=sentence,
        fingerprint=full.fingerprint,
        only_full=only_full,
        only_warm=only_warm,
        both=len(wf.keys() & ff.keys()),
        beyond=len(beyond),
        learned=_tests(only_warm) if name == "flaky" else (),
        saved_seconds=round(full.seconds - warm.seconds, 3),
    )


def _name(
    only_full: tuple[Finding, ...], only_warm: tuple[Finding, ...], warm: int, full: int
) -> tuple[VerdictName, int, str]:
    match (bool(warm), bool(full)):
        case (False, False):
            return "success", 0, "Warm and full agree: green."
        case (False, True):
            return (
                "escape",
                ESCAPE,
                f"Cache escape: warm was green, full is red in {_where(only_full)}.",
            )
        case (True, False):
            return "flaky", 0, f"Warm was red, full is green: {_flaky(only_warm)}."
        case _ if not only_full and not only_warm:
            return "red", 1, f"Warm and full agree: red, with the same {_count(full)}."
        case _:
            return (
                "escape",
                ESCAPE,
                f"Cache escape: both are red, differently ({_differ(only_full, only_warm)}).",
            )


def settle(verdict: Verdict, found: tuple[Divergence, ...], seconds: float) -> Verdict:
    """Return the verdict once every difference was looked into; the worst of them decides."""
    worst = max(found, key=_weight)
    name, code = _settled(verdict, worst)
    learned = {it.nodeid for it in found if it.nodeid and it.kind in LEARNED and not it.blocks}
    return msgspec.structs.replace(
        verdict,
        name=name,
        exit_code=code,
        sentence=_said(verdict, name, worst, len(found)),
        divergences=found,
        confirm_seconds=round(seconds, 3),
        learned=tuple(sorted(learned)),
    )


def _weight(it: Divergence) -> tuple[bool, bool, bool, str]:
    """Order by what weighs more: blocking escapes, the machine, blocking reds, the excused."""
    return (_escapes(it), it.kind == "infrastructure", it.blocks, it.finding)


def _escapes(it: Divergence) -> bool:
    return it.blocks and (it.side == "full" or it.kind in {"stale gate cache", "unconfirmed"})


def _settled(verdict: Verdict, worst: Divergence) -> tuple[VerdictName, int]:
    if _escapes(worst):
        return "escape", ESCAPE
    if worst.kind == "infrastructure":
        return "infrastructure", 2
    return ("red", 1) if worst.blocks or verdict.both or verdict.beyond else ("flaky", 0)


def _said(verdict: Verdict, name: VerdictName, worst: Divergence, count: int) -> str:
    more = f" (and {count - 1} more, see {state_paths.DIVERGENCE})" if count > 1 else ""
    what = f"{worst.nodeid or worst.finding} is {_article(worst.kind)}: {worst.sentence}{more}."
    match name:
        case "escape":
            return f"Cache escape: {what}"
        case "infrastructure":
            return f"No verdict, run it again: {what}"
        case "red":
            same = f", and {_count(verdict.both)} both stages have" if verdict.both else ""
            return f"Red: {what[:-1]}{same}."
        case _:
            return f"No escape: {what}"


def _article(kind: str) -> str:
    names = {"selection gap": "a selection gap", "stale gate cache": "from a stale gate cache"}
    return names.get(kind, f"a matter of {kind}" if kind in MATTERS else kind)


def _flaky(only_warm: tuple[Finding, ...]) -> str:
    tests = _tests(only_warm)
    if tests:
        return f"{', '.join(tests[:3])}{' ...' if len(tests) > 3 else ''} answered both ways"  # noqa: PLR2004
    return f"{_where(only_warm)} answered both ways; no test is to blame, so none is remembered"


def _differ(only_full: tuple[Finding, ...], only_warm: tuple[Finding, ...]) -> str:
    sides = (("only full", only_full), ("only warm", only_warm))
    return "; ".join(f"{side}: {_where(found)}" for side, found in sides if found)


def _where(findings: Iterable[Finding]) -> str:
    gates: dict[str, int] = {}
    for finding in findings:
        gates[finding.gate] = gates.get(finding.gate, 0) + 1
    return ", ".join(f"{gate} ({_count(n)})" for gate, n in sorted(gates.items()))


def _count(n: int) -> str:
    return f"{n} finding" if n == 1 else f"{n} findings"


def _tests(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({f.nodeid for f in findings if f.gate == "tests" and f.nodeid}))
