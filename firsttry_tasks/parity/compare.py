"""Compares the warm and the full report of one tree, and gives the verdict.

A warm run may leave out work. What full finds beyond warm shows that it left out too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import STAGES, Verdict, VerdictName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.model.values import Divergence, Finding, Report, Stage

#: The exit code of a cache escape: far from the codes that tools use, so that CI can tell it apart.
ESCAPE = 99
#: The gates that a project has unless it switches them off.
USUAL = ("ruff", "mypy", "tests")
#: The exit code where nothing is proved and nobody is to blame: a step that could not do its work.
UNPROVED = 2
#: Kinds of differences for which a test is put on the flaky list.
LEARNED = frozenset({"flaky", "order-dependent", "environment"})
#: Kinds that read well only after "a matter of".
MATTERS = frozenset({"environment", "infrastructure"})


def judge(reports: dict[Stage, Report | str]) -> Verdict:
    """Compare warm and full by the verdict table (docs/verdict.md).

    In place of a report that can't be compared, ``reports`` has the words that say why.
    """
    both = [(stage, reports[stage]) for stage in STAGES]
    wrong = [f"the {stage} report {why}" for stage, why in both if isinstance(why, str)]
    warm, full = reports["warm"], reports["full"]
    if isinstance(warm, str) or isinstance(full, str):
        return _incomparable(wrong)
    unchecked = tuple(gate for gate in USUAL if gate not in _gates(full))
    known = {line.result.gate: line.result.known for line in full.gates if line.result.known}
    return msgspec.structs.replace(_compared(warm, full), unchecked=unchecked, known=known)


def _compared(warm: Report, full: Report) -> Verdict:
    """Return the verdict on two reports; what keeps them from being compared comes first."""
    wrong = _incomparabilities(warm, full)
    if wrong:
        return _incomparable(wrong)
    if reused(full):
        who = ", ".join(reused(full))
        return _unproved(f"{who} did not run (reuse=1). Run: ft full", "incomparable")
    found = _table(warm, full)
    dead = _dead_alike(warm, full)
    # An escape in another gate stands: a dead one must not cover it up.
    if dead and found.exit_code != ESCAPE:
        words = (f"{gate} could not do its work in either stage ({dead[gate]})" for gate in dead)
        return _unproved("; ".join(words), "infrastructure")
    return found


def _incomparabilities(warm: Report, full: Report) -> list[str]:
    """Return a sentence for each reason why two reports can't be compared."""
    wrong = []
    # What both could not do alike is no fault of warm's.
    dead = _dead_alike(warm, full)
    for stage, report in (("warm", warm), ("full", full)):
        if report.stage != stage:
            wrong.append(f"the {stage} report is of stage {report.stage}")
        wrong += [
            f"{stage}:{line.result.gate} could not do its work ({line.result.message})"
            for line in report.gates
            if line.result.status == "error" and line.result.gate not in dead
        ]
        wrong += [
            f"{', '.join(result.changed_during_run[:3])} changed while {stage}:{result.gate} ran"
            for result in (line.result for line in report.gates)
            if result.changed_during_run
        ]
    if warm.fingerprint != full.fingerprint:
        wrong.append(
            f"the fingerprints differ ({warm.fingerprint[:12]} and {full.fingerprint[:12]})"
        )
    # The fingerprint names a commit and a lock; files that are not committed are in the tree alone.
    elif warm.tree != full.tree:
        wrong.append("the two stages saw different trees")
    # The other way round is fine: diff-cover runs in full only.
    lost = _gates(warm) - _gates(full)
    if lost:
        wrong.append(f"full did not run {', '.join(sorted(lost))}")
    return wrong


def reused(full: Report) -> tuple[str, ...]:
    """Return the gates of a full report that did not run for it (``doit full reuse=1``)."""
    return tuple(f"full:{line.result.gate}" for line in full.gates if line.cached)


def _dead_alike(warm: Report, full: Report) -> dict[str, str]:
    """Return the gates that could not do their work in both stages, for the same reason."""
    died = {line.result.gate: line.result for line in full.gates if line.result.status == "error"}
    return {
        line.result.gate: line.result.message
        for line in warm.gates
        if line.result.status == "error"
        and line.result.gate in died
        and line.result.message == died[line.result.gate].message
    }


def _unproved(why: str, name: VerdictName) -> Verdict:
    """Return the verdict where there is no evidence, and nothing to hold against warm."""
    return Verdict(name=name, exit_code=UNPROVED, sentence=f"Nothing is proved: {why}")


def _incomparable(wrong: Iterable[str]) -> Verdict:
    # An escape is assumed (fail closed): CI must not go green where nothing was compared.
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
    # A red of a gate that warm does not have is no escape: warm never claimed anything about it.
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
    """Return the verdict after every difference was looked into; the gravest of them decides.

    ``found`` must not be empty; ``seconds`` is what looking into them took.
    """
    worst = max(found, key=_weight)
    name, code = _settled(verdict, worst)
    # What blocks is not put on the list: there it would be forgiven the next time.
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
    """Order by gravity: blocking escapes, the machine, blocking failures, what is excused."""
    # The machine outweighs a red, because on a broken machine a red proves nothing. The finding's
    # name comes last, so that equal differences give the same sentence in every run.
    return (_escapes(it), it.kind == "infrastructure", it.blocks, it.finding)


def _escapes(it: Divergence) -> bool:
    # Warm red and full green is no escape in itself: warm was too strict, not too lenient.
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
