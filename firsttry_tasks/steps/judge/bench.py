"""Run tests again in the ways that confirming asks for: alone, in an order, in a clean copy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model import state_paths
from firsttry_tasks.parity.divergence import Ask, Case
from firsttry_tasks.steps.run import rerun
from firsttry_tasks.steps.run.project import tree
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Report, Stage
    from firsttry_tasks.steps.run.project import Project


class Bench:
    """Two reports of one tree, and the ways to run their tests again until a deadline."""

    def __init__(self, here: Project, reports: dict[Stage, Report], deadline: float) -> None:
        """Read the order of the tests; ``deadline`` is a time of ``time.monotonic``."""
        self.here = here
        self.reports = reports
        self.deadline = deadline
        self._order = {stage: self._ran(stage) for stage in reports}
        # A test's place is asked for once for each differing test; a search in 10,000 would add
        # up.
        self._at = {stage: {n: at for at, n in enumerate(o)} for stage, o in self._order.items()}

    def late(self) -> bool:
        """Tell whether the time is used up."""
        return time.monotonic() > self.deadline

    def job(self, stage: Stage, gate: str) -> Job:
        """Return the job of a gate as its stage had it."""
        job = self.here.job(stage, gate, tuple(tree(self.here.root, stage, gate)))
        # What a rerun does must not get into a golden cache.
        return replace(job, record=False)

    def _ran(self, stage: Stage) -> tuple[str, ...]:
        """Return the tests that a stage ran, in order; none where its result was cached."""
        lines = [line for line in self.reports[stage].gates if line.result.gate == "tests"]
        detail = lines[0].result.tests if lines and not lines[0].cached else None
        return tuple(detail.durations) if detail else ()

    def ran(self, stage: Stage) -> int:
        """Return how many tests a stage ran."""
        return len(self._order[stage])

    def before(self, stage: Stage, nodeid: str) -> tuple[str, ...]:
        """Return the tests that a stage ran before this one; all where it did not run it."""
        # The slice ends at None, the end, for a test that the stage did not get to.
        return self._order[stage][: self._at[stage].get(nodeid)]

    def case(self, side: Stage, nodeid: str) -> Case:
        """Return the facts about a differing test from which an inquiry starts."""
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
        """Return the variables that differ between the stages, with this stage's values."""
        pairs = {
            name: disk.read_own(self.here.root / state_paths.variables_file(name), dict[str, str])
            or {}
            for name in self.reports
        }
        theirs = pairs["full" if stage == "warm" else "warm"]
        names = pairs[stage].keys() | theirs.keys()
        return {n: pairs[stage].get(n, "") for n in names if pairs[stage].get(n) != theirs.get(n)}

    def answers(self, ask: Ask, side: Stage, nodeids: tuple[str, ...]) -> dict[str, bool]:
        """Run tests once in the way asked for; return for each that ran whether it failed."""
        # Each way begins cold and changes one thing, so a different answer has one cause.
        cold = rerun.cold(self.job("full", "tests"), self.deadline)
        match ask.way:
            case "clean copy":
                return self._in_copy(cold, nodeids)
            case "as warm":
                # Cold but for the stage: recorded as a warm run is, into a place of its own.
                return rerun.again(replace(cold, stage="warm"), nodeids)
            case "variables":
                other: Stage = "full" if side == "warm" else "warm"
                return rerun.again(replace(cold, env=self._env(cold, other)), nodeids)
            case "warm's order":
                return rerun.again(cold, nodeids, self._up_to("warm", nodeids))
            case "full's order":
                return rerun.again(cold, nodeids, self._up_to("full", nodeids))
            case _:
                return rerun.again(cold, nodeids, ask.before)

    def _up_to(self, stage: Stage, nodeids: tuple[str, ...]) -> tuple[str, ...]:
        """Return the stage's tests before the last of these; the others keep their places."""
        return max((self.before(stage, nodeid) for nodeid in nodeids), key=len)

    def _in_copy(self, job: Job, nodeids: tuple[str, ...]) -> dict[str, bool]:
        # Only the gate's inputs are copied: a file that was left behind in the project's folder,
        # and that git ignores, is a usual cause.
        with disk.copied(self.here.root, job.paths) as copy:
            elsewhere = replace(job, root=str(copy), work=str(copy / state_paths.STATE / "again"))
            return rerun.again(elsewhere, nodeids)

    def _env(self, job: Job, stage: Stage) -> dict[str, str]:
        theirs = self.variables(stage)
        # A variable that the stage has not, is empty in ``theirs``; it has to be absent, not
        # empty.
        return {n: v for n, v in (job.env | theirs).items() if theirs.get(n, v)}
