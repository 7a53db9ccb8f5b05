"""Run single tests again in a fresh process: to confirm a difference, or to forgive a flaky one."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.flaky import memory
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.gates import pytest_events
from firsttry_tasks.model.values import Retried, TestsPlan
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.steps.run import pytest_process
from firsttry_tasks.steps.run.project import today
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.model.values import Finding, ToolResult
    from firsttry_tasks.steps.run.project import Project
    from firsttry_tasks.steps.run.tool_run import GateRun

#: Files that are named on the command line at most; above it pytest collects everything. A
#: judgement: long paths times this stay far below what a command line may hold.
NAMED = 200
#: The name of the live line, so that it can be taken away when the rerun is over.
LIVE = "again"
#: The rule of the finding of a new test that answers both ways.
NEW = "flaky when new"
#: The folder in which a rerun in the warm stage leaves what it recorded.
RECORDS = "records"


def again(job: Job, nodeids: Iterable[str], before: tuple[str, ...] = ()) -> dict[str, bool]:
    """Run tests once, after those in ``before``; return for each that ran whether it failed.

    A test that is missing in the answer did not run: pytest did not find it, or ended first.
    """
    asked = tuple(nodeids)
    said, heard = _ran(job, asked, before)
    failed = {finding.nodeid for finding in said.findings}
    answered = failed | heard.durations.keys()
    if heard.finished:
        # A file that is collected now has answered: its finding was that it was not.
        answered |= {nodeid for nodeid in asked if "::" not in nodeid}
    return {nodeid: nodeid in failed for nodeid in asked if nodeid in answered}


def outcomes(job: Job, nodeids: Iterable[str]) -> dict[str, str]:
    """Run tests once; return in a word how each of them ended."""
    _, heard = _ran(job, tuple(nodeids))
    return heard.outcomes


def _ran(
    job: Job, asked: tuple[str, ...], before: tuple[str, ...] = ()
) -> tuple[ToolResult, PytestRun]:
    # Tests that are asked about keep their places among those before: order may be the cause.
    order = (*before, *(nodeid for nodeid in asked if nodeid not in before))
    disk.fresh_folder(Path(job.work))
    plan = TestsPlan(
        events=f"{job.work}/events.jsonl",
        only=frozenset(order),
        order=order,
        default_reason="again",
        root=job.root,
        # Only the warm stage records, and a rerun that records takes longer.
        records=f"{job.work}/{RECORDS}" if job.stage == "warm" else "",
    )
    title = f"again {asked[0]}" + (f" and {len(asked) - 1} more" if asked[1:] else "")
    watch = partial(CONSOLE.live, LIVE, title)
    try:
        said, heard, _ = pytest_process.once(_pointed(job, order), plan, watch)
    finally:
        CONSOLE.drop(LIVE)
    return said, heard


def _pointed(job: Job, order: tuple[str, ...]) -> Job:
    """Point pytest at the files of the tests alone, where they are files and not too many."""
    files = tuple(dict.fromkeys(nodeid.partition("::")[0] for nodeid in order))
    # A nodeid may begin with what is no file, such as a plugin's own item.
    if len(files) > NAMED or not all((Path(job.root) / file).is_file() for file in files):
        return job
    return replace(job, settings=replace(job.settings, tests=files))


def cold(job: Job, deadline: float | None = None) -> Job:
    """Return the job as the full stage has it, but without coverage and in a single process."""
    tool = job.lock.tool(pytest_gate.TOOL)
    # At least a second: a rerun without time could only time out and be taken for an error.
    left = tool.timeout if deadline is None else max(1.0, deadline - time.monotonic())
    # Without workers the order is the one asked for. The option exists only with xdist.
    one_by_one = ("-n0",) if "pytest-xdist" in job.installed else ()
    # Appended, so that they win over the lock's: --maxfail=0 because the project's -x would leave
    # the tests after a failure without an answer.
    tool = replace(
        tool,
        args=(*tool.args, *one_by_one, "--maxfail=0", *pytest_gate.without_coverage(job)),
        timeout=min(tool.timeout, left),
    )
    lock = replace(job.lock, coverage=False, tools={**job.lock.tools, pytest_gate.TOOL: tool})
    return replace(job, stage="full", lock=lock, work=str(Path(job.work).parent / "again"))


def believed(
    here: Project, job: Job, said: ToolResult, known: frozenset[str]
) -> tuple[ToolResult, frozenset[str]]:
    """Run new tests again, as often as the settings ask, within their time.

    Returns the result with a finding for each that passed and then failed, and those tests: they
    stay new until all of their runs pass.
    """
    rules, detail = here.settings.flaky.new, said.tests
    # In the first run of all every test is new.
    if detail is None or not known or said.status == "error":
        return said, frozenset()
    unclear = {finding.nodeid for finding in said.findings}.union(detail.skipped)
    new = [nodeid for nodeid in detail.durations if nodeid not in known and nodeid not in unclear]
    runs = 1
    failures: Counter[str] = Counter()
    until = time.monotonic() + rules.seconds
    took = sum(detail.durations[nodeid] for nodeid in new)
    while new and runs < rules.runs and time.monotonic() + took < until:
        began = time.monotonic()
        failures.update(name for name, failed in again(cold(job), new).items() if failed)
        took, runs = time.monotonic() - began, runs + 1
    findings = tuple(_doubt(nodeid, failures[nodeid], runs) for nodeid in sorted(failures))
    if not findings:
        return said, frozenset()
    return replace(said, status="red", findings=said.findings + findings), frozenset(failures)


def _doubt(nodeid: str, failures: int, runs: int) -> Finding:
    """Return the finding of a new test that answers both ways."""
    return pytest_events.finding(
        rule=NEW,
        nodeid=nodeid,
        message=f"new, and flaky: {failures} of its {runs} runs on this tree failed; mend it before"
        " others rely on it",
        path=nodeid.partition("::")[0],
        line=1,
    )


def forgive(here: Project, job: Job, ran: GateRun) -> GateRun:
    """Run known flaky tests that failed again; a test that passes then counts as green."""
    _tell(here, ran.said.findings)
    times = here.locked[0].flaky.reruns
    known = [f for f in ran.said.findings if f.nodeid in here.forgiven and _of_test(f)]
    if ran.said.status != "red" or not known or not times:
        return ran
    # One by one: together they could make each other fail.
    retried = [_retry(cold(job), finding, times) for finding in known]
    return replace(ran, said=_judged(ran.said, retried))


def _of_test(finding: Finding) -> bool:
    """Tell whether a test itself says so: a second pass then answers the first failure."""
    # A process that died took more with it than one test, and may have died of another.
    return finding.rule == "failed" or finding.rule.startswith("error at ")


def _tell(here: Project, findings: Iterable[Finding]) -> None:
    """Say why a failure blocks although its test is on the flaky list (expired, say)."""
    for nodeid in sorted({f.nodeid or "" for f in findings} & set(here.memory.nodeids)):
        if nodeid not in here.forgiven:
            rules = here.locked[0].flaky
            now = memory.state(memory.whole(here.memory)[nodeid], rules, today())
            CONSOLE.say(f"note: {nodeid} is listed as {now}, so it blocks; see: doit flaky")


def _retry(job: Job, finding: Finding, times: int) -> Retried:
    """Run a failed test again, at most ``times``, until it passes once."""
    nodeid = finding.nodeid or ""
    runs = 1
    # The first run is the one that failed.
    while runs <= times:
        runs += 1
        if again(job, (nodeid,)).get(nodeid) is False:
            return Retried(nodeid=nodeid, runs=runs, failures=runs - 1, message=finding.message)
    return Retried(nodeid=nodeid, runs=runs, failures=runs, message=finding.message)


def _judged(said: ToolResult, retried: list[Retried]) -> ToolResult:
    """Return the result without the findings of tests that passed in a retry.

    What else turned the run red stays: a process that died, the session itself, tests that did not
    run because the run stopped at the flaky one (``-x``).
    """
    green = {it.nodeid for it in retried if it.failures < it.runs}
    findings = tuple(f for f in said.findings if f.nodeid not in green or not _of_test(f))
    detail = said.tests
    if detail is not None:
        counts = detail.counts
        findings = findings or _unran(counts.selected - len(detail.durations))
        counts = replace(
            counts, passed=counts.passed + len(green), failed=counts.failed - len(green)
        )
        detail = replace(detail, counts=counts, retried=tuple(retried))
    return replace(said, status="red" if findings else "green", findings=findings, tests=detail)


def _unran(count: int) -> tuple[Finding, ...]:
    """Return a finding where tests did not run, none where all did."""
    if not count:
        return ()
    message = f"a known flaky test failed and passed again, but {count} tests behind it did not run"
    return (pytest_events.finding(rule="stopped early", nodeid="", message=message),)
