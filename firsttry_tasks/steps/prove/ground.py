"""A clone of the repository in the state folder, in which commits and faults are played."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from importlib import machinery
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.cluster.tree.import_roots import import_roots
from firsttry_tasks.config import project_layout
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import Command, Divergence, GateResult, TestsPlan
from firsttry_tasks.parity import played
from firsttry_tasks.parity.played import FullRun, Missed, WarmRun, ranked
from firsttry_tasks.reporting import report_files
from firsttry_tasks.steps.judge import explain
from firsttry_tasks.steps.judge.bench import Bench
from firsttry_tasks.steps.run import pytest_process, rerun
from firsttry_tasks.steps.run.project import STAGED, Project
from firsttry_tasks.system import disk, file_state, git, git_index, machine, process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from firsttry_tasks.gates.job import Job

#: What git is not to take for a change in the clone, whatever the commit itself ignores.
HIDDEN = f"{state_paths.STATE}/\n{state_paths.ARTIFACTS}/\n__pycache__/\n"
#: What the files are called that Python imports: sources, and extensions in C.
IMPORTED = tuple(machinery.SOURCE_SUFFIXES + machinery.EXTENSION_SUFFIXES)
#: How often tests run again that may be flaky. A judgement: a coin is found out in 31 of 32 cases.
AGAIN = 5
#: Seconds within which a miss is explained.
PATIENCE = 300.0


class Ground:
    """The clone below ``base``: enter a commit, run warm and everything, keep and restore state.

    It shares the repository's objects, so that making it copies nothing, and has its own
    references: nothing of it can be seen in the checkout but the state folder.
    """

    def __init__(self, here: Project, base: str) -> None:
        """Say where it is going to lie; nothing is made yet."""
        self.here = here
        self.base = here.root / base
        self._top = self.base / "tree"
        #: The project's folder in the clone.
        self.root = self._top / here.prefix
        self.state = self.root / state_paths.STATE
        self.kept = self.base / "kept"

    def make(self) -> None:
        """Make the clone where there is none."""
        if (self._top / ".git" / "HEAD").exists():
            return
        disk.remove(self._top)
        # pytest looks upwards for its configuration where a commit has none, and would find that
        # of this checkout.
        disk.write(disk.own_folder(self.base) / "pytest.ini", b"[pytest]\n")
        words = ("--quiet", "--shared", "--no-checkout", str(self.here.top), str(self._top))
        git.ask(self.here.top, *git_index.QUIET, "clone", *words)
        disk.write(self._top / ".git" / "info" / "exclude", HIDDEN.encode())
        self._carry()

    def _carry(self) -> None:
        """Copy what git ignores and Python imports of the project's code: what a build made."""
        tracked = git.fields(git.ask(self.here.root, "ls-files", "-z"))
        code = self.here.settings.paths or project_layout.sources(tracked)
        asked = ("--others", "--ignored", "--exclude-standard", "-z", "--", *code)
        ignored = git.fields(git.ask(self.here.root, "ls-files", *asked)) if code else ()
        for path in ignored:
            if path.endswith(IMPORTED):
                disk.copy(self.here.root / path, self.root / path)

    def enter(self, commit: str) -> None:
        """Put a commit's files into the clone."""
        git.ask(self._top, *git_index.QUIET, "checkout", "--quiet", "--force", commit)

    def keep(self) -> None:
        """Keep the clone's own state as it is now, to go back to."""
        disk.copy(self.state, self.kept)

    def back(self) -> None:
        """Put the kept state and the commit's own files back."""
        git.ask(self._top, *git_index.QUIET, "checkout", "--quiet", "--force", "HEAD")
        disk.copy(self.kept, self.state)

    def leave(self) -> None:
        """Remove the clone and the kept state."""
        disk.remove(self._top)
        disk.remove(self.kept)

    def missing(self) -> str:
        """Return what says that Python would import this checkout's code there; "" if it won't."""
        for root in sorted(set(import_roots(self.here.root))):
            packages = _packages(self.here.root / root)
            if packages and not packages & _packages(self.root / root):
                return f"{root}/{min(packages)} is imported here, and this commit has it not"
        return ""

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """Set the variables that both sides run under, and put the old ones back."""
        roots = sorted(set(import_roots(self.here.root)))
        own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        rest = [it for it in own if it and not Path(it).resolve().is_relative_to(self.here.root)]
        given = {
            STAGED: os.pathsep.join(str(self.root / it) for it in roots),
            # A golden cache would know what is to be learned.
            "FIRSTTRY_STORE": str(self.base / "store"),
            "PYTHONPATH": os.pathsep.join(rest),
        }
        before = {name: os.environ.get(name) for name in given}
        _set(given)
        try:
            yield
        finally:
            _set(before)

    def warm(self) -> WarmRun:
        """Run what the change can break, as ``ft warm`` does."""
        last = report_files.result(self.root, "warm", "tests")
        env = {name: it for name, it in os.environ.items() if name not in machine.OF_REPOSITORY}
        # The gate alone: ruff and mypy have no part in what is asked here.
        argv = (sys.executable, "-P", "-m", "firsttry_tasks", "warm:tests")
        clock = Clock()
        done = process.run(Command(argv=argv, cwd=str(self.root), env=env))
        cpu = clock.read()
        found = report_files.result(self.root, "warm", "tests")
        if done.code or found is None or found.status == "error":
            said = (done.out + done.err).strip().splitlines()
            why = found.message if found and not done.code else said[-1] if said else str(done.code)
            return WarmRun(error=why or "ft warm gave no answer", seconds=done.seconds, cpu=cpu)
        if last is not None and last.run == found.run:
            return WarmRun(mode="cached", seconds=done.seconds, cpu=cpu)
        return replace(_read(found), seconds=done.seconds, cpu=cpu)

    def full(self, limit: float | None = None) -> FullRun:
        """Run all tests without selection, for so many seconds at most."""
        job, files = self._job(limit)
        disk.fresh_folder(Path(job.work))
        file_state.drop_stale_bytecode(self.root, files)
        clock, started = Clock(), time.monotonic()
        said, heard, _ = pytest_process.once(job, TestsPlan(events=f"{job.work}/events.jsonl"))
        seconds, cpu = time.monotonic() - started, clock.read()
        outcomes = dict(heard.outcomes)
        for it in said.findings:
            # A file that can't be collected has no outcome, and neither has a session.
            outcomes.setdefault(it.nodeid or f"({it.rule})", "failed")
        if said.status == "error":
            outcomes[f"({said.message})"] = "failed"
        trouble = (said.message, *(it.message for it in said.findings if it.rule == "collect"))
        return FullRun(
            outcomes=outcomes,
            seconds=seconds,
            cpu=cpu,
            hung=limit is not None and seconds >= limit and not heard.finished,
            trouble=next(filter(None, trouble), "there is no test"),
        )

    def again(self, nodeids: Iterable[str]) -> dict[str, set[str]]:
        """Run tests again on the same tree, some times; return the ways in which each ended."""
        asked = sorted(it for it in nodeids if "::" in it)
        ways: dict[str, set[str]] = {it: set() for it in asked}
        for _ in range(AGAIN):
            if not asked:
                break
            ended = rerun.outcomes(rerun.cold(self._job()[0]), asked)
            for it in asked:
                ways[it].add(ended.get(it, played.ABSENT))
            # Whom a second run does not have, no third one will.
            asked = [it for it in asked if it in ended]
        return ways

    def explained(
        self, nodeids: Iterable[str], before: FullRun, after: FullRun
    ) -> tuple[Missed, ...]:
        """Return the tests that warm missed, each with why it was left out and what mends it."""
        gaps = [
            Divergence(
                finding=f"tests:{it}",
                gate="tests",
                nodeid=it,
                side="full",
                kind="selection gap",
                blocks=True,
                sentence="",
            )
            for it in sorted(nodeids)
        ]
        bench = Bench(Project(self.root), {}, time.monotonic() + PATIENCE)
        return tuple(
            Missed(
                nodeid=it.nodeid or "",
                before=before.outcomes.get(it.nodeid or "", played.ABSENT),
                now=after.outcomes.get(it.nodeid or "", played.ABSENT),
                because=it.because,
                mend=it.mend,
            )
            for it in explain.explained(bench, gaps)
        )

    def _job(self, limit: float | None = None) -> tuple[Job, dict[str, str]]:
        """Return how all tests run, as in full but without coverage, and the files they run on."""
        here = Project(self.root)
        _, entries = here.look()
        files = here.readable("full", "tests", entries)
        job = here.job("full", "tests", tuple(files))
        tool = job.lock.tool(pytest_gate.TOOL)
        timeout = tool.timeout if limit is None else min(limit, tool.timeout)
        args = (*tool.args, *pytest_gate.without_coverage(job))
        tools = {**job.lock.tools, pytest_gate.TOOL: replace(tool, args=args, timeout=timeout)}
        limits = replace(job.lock.thresholds, diff_cover=None)
        lock = replace(job.lock, coverage=False, thresholds=limits, tools=tools)
        return replace(job, lock=lock, record=False), files


class Clock:
    """Tells what children take of the processors."""

    def __init__(self) -> None:
        """Begin now."""
        self._began = self._taken()

    def read(self) -> float:
        """Return the seconds of all processors that ended children took since then."""
        return self._taken() - self._began

    @staticmethod
    def _taken() -> float:
        times = os.times()
        return times.children_user + times.children_system


def _set(variables: Mapping[str, str | None]) -> None:
    """Set variables of this process; without a value, one goes."""
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value


def _packages(folder: Path) -> frozenset[str]:
    """Return the names of the packages that lie in a folder, but for those beside the code."""
    names = (it.parent.name for it in folder.glob("*/__init__.py"))
    return frozenset(names) - project_layout.BESIDE


def _read(found: GateResult) -> WarmRun:
    """Return what the result of a warm run says."""
    detail = found.tests
    mode = detail.mode if detail else "none"
    return WarmRun(
        ran=frozenset(detail.durations if detail else ()),
        failed=frozenset(it.nodeid or f"({it.rule})" for it in found.findings),
        mode=mode,
        # What changed comes first, and then why that makes everything run.
        everything=found.why[-1] if mode == "everything" and found.why else "",
        reasons=ranked(Counter(detail.why.values())) if detail else {},
    )
