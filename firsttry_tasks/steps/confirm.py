"""Confirm before accusing: run again what differs between the stages, within the lock's budget."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks import compare, disk, divergence
from firsttry_tasks.divergence import Ask, Case, Conclusion
from firsttry_tasks.steps import rerun, tool_run
from firsttry_tasks.steps.project import tree
from firsttry_tasks.values import Divergence, Rerun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.divergence import Inquiry
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.steps.project import Project
    from firsttry_tasks.values import Finding, GateResult, Report, Stage, Verdict

#: Up to so many differing tests each get a process of their own; more are run together.
ALONE = 10
UNCONFIRMED = Conclusion(
    kind="unconfirmed",
    blocks=True,
    why="the lock's time for confirming was used up, so the two reports stand",
    mend="give confirm more minutes in the parity lock",
)


def confirm(here: Project, reports: dict[Stage, Report], verdict: Verdict) -> Verdict:
    """Look into every difference of a verdict and settle it."""
    rules = here.locked[0].confirm
    started = time.monotonic()
    deadline = started + rules.minutes * 60
    bench = Bench(here, reports, deadline)
    sides: list[tuple[Stage, Finding]] = [("full", f) for f in verdict.only_full]
    sides += [("warm", f) for f in verdict.only_warm]
    tests = [(side, f) for side, f in sides if f.gate == "tests" and f.nodeid]
    others = [(side, f) for side, f in sides if (side, f) not in tests]
    found = [*_gates(bench, others), *_tests(bench, tests, rules.reruns)]
    found = list(divergence.of_machine(found, bench.ran("full"), rules.share))
    return compare.settle(verdict, tuple(found), time.monotonic() - started)


class Bench:
    """Where tests are run again: the job of each way, and what each stage had run before."""

    def __init__(self, here: Project, reports: dict[Stage, Report], deadline: float) -> None:
        """Remember the two reports and when time is up."""
        self.here = here
        self.reports = reports
        self.deadline = deadline
        self._tree = tuple(tree(here.root, "tests"))
        self._order = {stage: self._ran(stage) for stage in reports}
        self._at = {stage: {n: at for at, n in enumerate(o)} for stage, o in self._order.items()}

    def late(self) -> bool:
        """Tell whether the time is used up."""
        return time.monotonic() > self.deadline

    def result(self, stage: Stage, gate: str) -> GateResult | None:
        """Return what a gate came to in a stage's report."""
        lines = self.reports[stage].gates
        return next((line.result for line in lines if line.result.gate == gate), None)

    def _ran(self, stage: Stage) -> tuple[str, ...]:
        """Return the tests a stage ran, in order; a result of an earlier run ran none."""
        lines = [line for line in self.reports[stage].gates if line.result.gate == "tests"]
        detail = lines[0].result.tests if lines and not lines[0].cached else None
        return tuple(detail.durations) if detail else ()

    def ran(self, stage: Stage) -> int:
        """Return how many tests a stage ran."""
        return len(self._order[stage])

    def before(self, stage: Stage, nodeid: str) -> tuple[str, ...]:
        """Return what a stage ran before a test; all it ran, where it did not get to it."""
        return self._order[stage][: self._at[stage].get(nodeid)]

    def case(self, side: Stage, nodeid: str) -> Case:
        """Return what is to be known of a test before it is looked into."""
        other: Stage = "full" if side == "warm" else "warm"
        elsewhere = nodeid in self._at[other]
        return Case(
            nodeid=nodeid,
            side=side,
            here=self.before(side, nodeid),
            there=self.before(other, nodeid) if elsewhere else (),
            elsewhere=elsewhere,
            variables=tuple(sorted(self.variables(other))),
        )

    def variables(self, stage: Stage) -> dict[str, str]:
        """Return the variables of a stage that the other stage has otherwise."""
        texts = {name: it.environment.get("environment", "") for name, it in self.reports.items()}
        pairs = {
            name: dict(line.partition("=")[::2] for line in text.splitlines())
            for name, text in texts.items()
        }
        theirs = pairs["full" if stage == "warm" else "warm"]
        names = pairs[stage].keys() | theirs.keys()
        return {n: pairs[stage].get(n, "") for n in names if pairs[stage].get(n) != theirs.get(n)}

    def answers(self, ask: Ask, side: Stage, nodeids: tuple[str, ...]) -> dict[str, bool]:
        """Run tests once in the way asked for."""
        cold = rerun.cold(self.here.job("full", "tests", self._tree), self.deadline)
        match ask.way:
            case "clean copy":
                return self._in_copy(cold, nodeids)
            case "as warm":
                # Cold but for the stage: recorded as a warm run is, into a place of its own.
                return rerun.again(replace(cold, stage="warm"), nodeids)
            case "variables":
                other: Stage = "full" if side == "warm" else "warm"
                return rerun.again(replace(cold, env=self._env(cold, other)), nodeids)
            case _:
                return rerun.again(cold, nodeids, ask.before)

    def _in_copy(self, job: Job, nodeids: tuple[str, ...]) -> dict[str, bool]:
        with disk.copied(self.here.root, self._tree) as copy:
            elsewhere = replace(job, root=str(copy), work=str(copy / ".firsttry" / "again"))
            return rerun.again(elsewhere, nodeids)

    def _env(self, job: Job, stage: Stage) -> dict[str, str]:
        theirs = self.variables(stage)
        return {n: v for n, v in (job.env | theirs).items() if theirs.get(n, v)}


def _tests(bench: Bench, found: list[tuple[Stage, Finding]], reruns: int) -> Iterator[Divergence]:
    """Look into tests side by side: those that ask for the same can share a process."""
    broken = {f.id: divergence.broken_machine(f) for _, f in found}
    cases = {f.nodeid or "": bench.case(side, f.nodeid or "") for side, f in found}
    open_ = {
        f.nodeid or "": divergence.inquire(cases[f.nodeid or ""], reruns)
        for _, f in found
        if not broken[f.id]
    }
    told = Inquiries(open_).run(bench, cases)
    for side, f in found:
        end = broken[f.id] or told[f.nodeid or ""][0]
        tried = told[f.nodeid or ""][1] if not broken[f.id] else ()
        yield _divergence(side, f, end, tried, selected=cases[f.nodeid or ""].elsewhere)


class Inquiries:
    """Inquiries that go on together, each sent the answer to what it asked for."""

    def __init__(self, inquiries: dict[str, Inquiry]) -> None:
        """Begin with the first question of each."""
        self._open = inquiries
        self._asks = {nodeid: next(it) for nodeid, it in inquiries.items()}
        self._tried: dict[str, list[tuple[str, bool]]] = {nodeid: [] for nodeid in inquiries}
        self._ends: dict[str, Conclusion] = {}

    def run(
        self, bench: Bench, cases: dict[str, Case]
    ) -> dict[str, tuple[Conclusion, tuple[Rerun, ...]]]:
        """Ask until all have ended or the time is used up."""
        while self._asks:
            for ask, side, nodeids in self._batches(cases):
                if bench.late():
                    self._give_up()
                    break
                answers = bench.answers(ask, side, nodeids)
                way = ask.way if len(nodeids) == 1 else f"{ask.way}, {len(nodeids)} together"
                for nodeid in nodeids:
                    self._send(nodeid, way, answers.get(nodeid))
                if bench.late():
                    self._give_up()
                    break
        return {n: (end, _counted(self._tried[n])) for n, end in self._ends.items()}

    def _batches(self, cases: dict[str, Case]) -> list[tuple[Ask, Stage, tuple[str, ...]]]:
        groups: dict[tuple[Ask, Stage], list[str]] = {}
        for nodeid, ask in self._asks.items():
            groups.setdefault((ask, cases[nodeid].side), []).append(nodeid)
        batches = []
        for (ask, side), nodeids in groups.items():
            apart = len(nodeids) <= ALONE or ask.before
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
    """Run each other gate once more warm and once more cold."""
    for gate in sorted({f.gate for _, f in found}):
        mine = [(side, f) for side, f in found if f.gate == gate]
        if gate == "tests" or bench.late():
            why = "it names no test that could be run again" if gate == "tests" else UNCONFIRMED.why
            end = replace(UNCONFIRMED, why=why)
            yield from (_divergence(side, f, end, ()) for side, f in mine)
            continue
        again = {stage: _again(bench, stage, gate) for stage in bench.reports}
        for side, f in mine:
            seen = {stage: f.id in ids for stage, ids in again.items()}
            tried = [Rerun(way=f"{s} once more", runs=1, failures=int(x)) for s, x in seen.items()]
            end = divergence.of_gate(side, gate, seen)
            yield _divergence(side, f, end, tuple(tried), selected=True)


def _again(bench: Bench, stage: Stage, gate: str) -> frozenset[str]:
    job = bench.here.job(stage, gate, tuple(tree(bench.here.root, gate)))
    said = tool_run.run(job, gate).said
    return frozenset(finding.id for finding in said.findings)


def _divergence(
    side: Stage,
    finding: Finding,
    end: Conclusion,
    tried: tuple[Rerun, ...],
    *,
    selected: bool = False,
) -> Divergence:
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
