"""Run again what differs between the stages, to find the cause before the verdict names one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.values import Divergence, Rerun
from firsttry_tasks.parity import compare, divergence, machine_trouble
from firsttry_tasks.parity.divergence import Ask, Case, Conclusion
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.steps.judge.bench import Bench
from firsttry_tasks.steps.judge.explain import explained
from firsttry_tasks.steps.run import tool_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.model.values import Finding, GateResult, Report, Stage, Verdict
    from firsttry_tasks.parity.divergence import Inquiry
    from firsttry_tasks.steps.run.project import Project

#: Up to so many differing tests each get a process of their own; more run together, since each
#: process costs a start of pytest and the lock gives minutes. A judgement.
ALONE = 10
#: It blocks: a difference that nobody has explained may be an escape.
UNCONFIRMED = Conclusion(
    kind="unconfirmed",
    blocks=True,
    why="the lock's time for confirming was used up, so the two reports stand",
    mend="give confirm more minutes in the parity lock",
)


def confirm(here: Project, reports: dict[Stage, Report], verdict: Verdict) -> Verdict:
    """Look into every difference of a verdict; return the verdict with what was found."""
    rules = here.locked[0].confirm
    started = time.monotonic()
    deadline = started + rules.minutes * 60
    bench = Bench(here, reports, deadline)
    sides: list[tuple[Stage, Finding]] = [("full", f) for f in verdict.only_full]
    sides += [("warm", f) for f in verdict.only_warm]
    tests = [(side, f) for side, f in sides if f.gate == "tests" and f.nodeid]
    others = [(side, f) for side, f in sides if (side, f) not in tests]
    found = [*_gates(bench, others), *_tests(bench, tests, rules.reruns)]
    found = explained(bench, found)
    # Last: when very many tests differ, their single causes mean less than their number.
    found = list(machine_trouble.of_machine(found, bench.ran("full"), rules.share))
    return compare.settle(verdict, tuple(found), time.monotonic() - started)


def once_more(here: Project, reports: dict[Stage, Report], verdict: Verdict) -> Verdict:
    """Run gates again that could not do their work; if all can now, the machine was the cause."""
    broken = [
        (stage, line.result)
        for stage, report in reports.items()
        for line in report.gates
        if line.result.status == "error"
    ]
    # Reports of two trees can't be compared, whatever a rerun says.
    if not broken or reports["warm"].tree != reports["full"].tree:
        return verdict
    rules = here.locked[0].confirm
    started = time.monotonic()
    bench = Bench(here, reports, started + rules.minutes * 60)
    verdict = replace(verdict, fingerprint=reports["full"].fingerprint)
    found = [_recovered(bench, stage, result, rules.reruns) for stage, result in broken]
    # One that breaks again is no accident, and the verdict stands.
    if None in found:
        return verdict
    return compare.settle(verdict, tuple(filter(None, found)), time.monotonic() - started)


def _recovered(bench: Bench, stage: Stage, result: GateResult, reruns: int) -> Divergence | None:
    """Run a broken gate again; None where it breaks again or can't be run by itself."""
    finding = next((f for f in result.findings if f.rule == "crash"), None)
    tried = 0
    if result.gate == "tests":
        nodeid = finding.nodeid if finding else None
        # Of the tests gate only the test that crashed it is run: the gate whole would take too
        # long.
        while nodeid and tried < reruns and not bench.late():
            tried += 1
            if bench.answers(Ask("alone"), stage, (nodeid,)).get(nodeid) is not False:
                return None
    elif tool_run.once(bench.job(stage, result.gate), result.gate).said.status != "error":
        tried = 1
    if not tried:
        return None
    return Divergence(
        finding=finding.id if finding else f"{result.gate}:error",
        gate=result.gate,
        nodeid=finding.nodeid if finding else None,
        side=stage,
        kind="infrastructure",
        blocks=False,
        sentence=f"{stage}:{result.gate} could not do its work ({result.message}), and now it can",
        reruns=(Rerun(way="once more", runs=tried, failures=0),),
        mend=f"run it again: doit {stage}",
    )


def _tests(bench: Bench, found: list[tuple[Stage, Finding]], reruns: int) -> Iterator[Divergence]:
    """Look into differing tests together, so that those with the same question share a process."""
    broken = {f.id: machine_trouble.broken_machine(f) for _, f in found}
    cases = {f.nodeid or "": bench.case(side, f.nodeid or "") for side, f in found}
    open_ = {
        f.nodeid or "": divergence.inquire(cases[f.nodeid or ""], reruns)
        for _, f in found
        if not broken[f.id]
    }
    concluded = Inquiries(open_).run(bench, cases)
    for side, f in found:
        end = broken[f.id] or concluded[f.nodeid or ""][0]
        tried = concluded[f.nodeid or ""][1] if not broken[f.id] else ()
        yield _divergence(side, f, end, tried, selected=cases[f.nodeid or ""].elsewhere)


class Inquiries:
    """Inquiries that run together. Each is a generator that yields questions and gets answers."""

    def __init__(self, inquiries: dict[str, Inquiry]) -> None:
        """Start each inquiry, which yields its first question."""
        self._open = inquiries
        self._asks = {nodeid: next(it) for nodeid, it in inquiries.items()}
        self._tried: dict[str, list[tuple[str, bool]]] = {nodeid: [] for nodeid in inquiries}
        self._ends: dict[str, Conclusion] = {}

    def run(
        self, bench: Bench, cases: dict[str, Case]
    ) -> dict[str, tuple[Conclusion, tuple[Rerun, ...]]]:
        """Answer questions until all inquiries have ended or the time is used up."""
        while self._asks:
            for ask, side, nodeids in self._batches(cases):
                if bench.late():
                    self._give_up()
                    break
                answers = bench.answers(ask, side, nodeids)
                alone = len(nodeids) == 1 or ask.way in divergence.SHARED
                # Together they may influence each other, so the evidence says that they were.
                way = ask.way if alone else f"{ask.way}, {len(nodeids)} together"
                late = bench.late()
                # A run that was ended early says nothing of the tests that it did not get to.
                for nodeid in (it for it in nodeids if it in answers or not late):
                    self._send(nodeid, way, answers.get(nodeid))
                if late:
                    self._give_up()
                    break
        return {n: (end, _counted(self._tried[n])) for n, end in self._ends.items()}

    def _batches(self, cases: dict[str, Case]) -> list[tuple[Ask, Stage, tuple[str, ...]]]:
        groups: dict[tuple[Ask, Stage], list[str]] = {}
        for nodeid, ask in self._asks.items():
            groups.setdefault((ask, cases[nodeid].side), []).append(nodeid)
        batches = []
        for (ask, side), nodeids in groups.items():
            # A question with tests to run before it is about order, and a stranger in the process
            # would spoil it.
            apart = ask.way not in divergence.SHARED and (len(nodeids) <= ALONE or ask.before)
            parts = [(nodeid,) for nodeid in nodeids] if apart else [tuple(nodeids)]
            batches += [(ask, side, part) for part in parts]
        return batches

    def _send(self, nodeid: str, way: str, failed: bool | None) -> None:  # noqa: FBT001  an answer
        if failed is None:
            why = "it could not be run again"
            self._end(nodeid, replace(UNCONFIRMED, why=why, mend="see that pytest collects it"))
            return
        self._tried[nodeid].append((way, failed))
        try:
            self._asks[nodeid] = self._open[nodeid].send(failed)
        # A generator's return value is its conclusion.
        except StopIteration as stop:
            self._end(nodeid, stop.value)

    def _end(self, nodeid: str, conclusion: Conclusion) -> None:
        self._ends[nodeid] = conclusion
        del self._asks[nodeid]

    def _give_up(self) -> None:
        for nodeid in tuple(self._asks):
            self._end(nodeid, UNCONFIRMED)


def _counted(tried: list[tuple[str, bool]]) -> tuple[Rerun, ...]:
    ways = dict.fromkeys(way for way, _ in tried)
    answers = {way: [failed for it, failed in tried if it == way] for way in ways}
    return tuple(Rerun(way=w, runs=len(a), failures=sum(a)) for w, a in answers.items())


def _gates(bench: Bench, found: list[tuple[Stage, Finding]]) -> Iterator[Divergence]:
    """Run each differing gate other than tests once more warm and once more cold."""
    for gate in sorted({f.gate for _, f in found}):
        mine = [(side, f) for side, f in found if f.gate == gate]
        if gate == "tests" or bench.late():
            why = "it names no test that could be run again" if gate == "tests" else UNCONFIRMED.why
            end = replace(UNCONFIRMED, why=why)
            yield from (_divergence(side, f, end, ()) for side, f in mine)
            continue
        # Once for all its findings: ruff and mypy print them all in one run.
        again = {stage: _again(bench, stage, gate) for stage in bench.reports}
        for side, f in mine:
            seen = {stage: f.id in ids for stage, ids in again.items()}
            tried = [Rerun(way=f"{s} once more", runs=1, failures=int(x)) for s, x in seen.items()]
            end = divergence.of_gate(side, gate, seen)
            yield _divergence(side, f, end, tuple(tried), selected=True)


def _again(bench: Bench, stage: Stage, gate: str) -> frozenset[str]:
    said = tool_run.once(bench.job(stage, gate), gate).said
    # Its live line would stay: the gate step that takes it away is not running.
    CONSOLE.drop(f"{stage}:{gate}")
    return frozenset(finding.id for finding in said.findings)


def _divergence(
    side: Stage,
    finding: Finding,
    end: Conclusion,
    tried: tuple[Rerun, ...],
    *,
    selected: bool = False,
) -> Divergence:
    """Return the settled difference as the verdict and its file have it."""
    return Divergence(
        finding=finding.id,
        gate=finding.gate,
        nodeid=finding.nodeid,
        side=side,
        kind=end.kind,
        blocks=end.blocks,
        sentence=end.why,
        selected=selected,
        before=end.before,
        reruns=tried,
        mend=end.mend,
    )
