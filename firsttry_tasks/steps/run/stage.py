"""The last two steps of a stage: write the report from the gates' results, and turn red."""

from __future__ import annotations

import datetime as dt
import os
from functools import partial
from typing import TYPE_CHECKING, Literal

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.config.team import unittest_runner
from firsttry_tasks.model import state_paths, steering
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import GateReport, GateResult, Report
from firsttry_tasks.parity import before
from firsttry_tasks.reporting import github, report_files
from firsttry_tasks.reporting import text as reporting_text
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs import brief, followup, stage_answer
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.observe import since
from firsttry_tasks.steps.run import snapshot
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.steps.run_id import RUN, began
from firsttry_tasks.system import disk, git_index
from firsttry_tasks.system.privacy import private_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from firsttry_tasks.model.values import Finding, Stage
    from firsttry_tasks.steps.run.project import Project


class RedError(FirstTryError):
    """The code has findings; exit code 1. The table above has told them, so the text is short."""

    exit_code = 1


def report(root: Path, stage: Stage) -> None:
    """Write the stage's report and show its findings and its table."""
    here = project(root)
    mark = snapshot.read(root)
    results = [_result(root, stage, gate) for gate in here.gates(stage)]
    # A result of another run was not made now: doit found the gate up to date.
    lines = tuple(GateReport(result=it, cached=it.run != RUN) for it in results) + _off(here, stage)
    status = _status(results)
    failures = tuple(finding for result in results for finding in result.findings)
    it = Report(
        stage=stage,
        status=status,
        fingerprint=mark.name,
        tree=mark.tree,
        head=mark.head,
        run=RUN,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        # The sum, not the time that passed: gates run side by side, and a cached gate counts with
        # what it took when it ran.
        seconds=round(sum(r.seconds for r in results), 3),
        environment=mark.parts,
        gates=lines,
        failures=failures,
        before=_before(here, failures),
        warnings=(
            *mark.warnings,
            *mark.pins,
            *mark.unknown,
            *_reused(stage, lines),
            *_not_staged(root, stage),
            *_unasked(here, results),
            *_unheard(here, stage),
        ),
    )
    report_files.write_report(root, it)
    # Beside the report and not in it: a comparison may have to run a test with the other stage's
    # variables, and a report is shown and uploaded.
    values = {name: here.environment[name] for name in steering.names(here.environment)}
    private_file.write(root / state_paths.variables_file(stage), msgspec.json.encode(values))
    _show(root, it)


def _before(here: Project, failures: Iterable[Finding]) -> dict[str, str]:
    """Return how the tests that failed ended before the change, where that is on record."""
    red = [finding.nodeid for finding in failures if finding.nodeid]
    if not red:
        return {}
    from firsttry_tasks.dependency_db import DependencyDb

    memory = DependencyDb(here.root / state_paths.DB)
    runs = tuple(zip(memory.made(), memory.recorded_runs(), strict=True))
    if not runs:
        return {}
    now = tree(here.root, "warm", "tests")
    readable = partial(here.readable, "warm", "tests")
    found = since.changes(here.top, here.prefix, here.settings.main, now, readable)
    edits, last = found.pop(since.HEAD, None), found.pop(since.LAST, None)
    branch = next(iter(found.values()), None)
    # On main itself the change is the last commit.
    return before.outcomes(red, runs, branch if branch and branch.paths else last, edits, now)


def _off(here: Project, stage: Stage) -> tuple[GateReport, ...]:
    """Return a line for each usual gate that is off: what is not checked is told, and why."""
    found = []
    for gate, use in here.uses.items():
        if not use.on:
            table = "pytest" if gate == "tests" else gate
            mend = f"to switch it on: [tool.firsttry.{table}] enabled = true"
            said = use.why if "[tool.firsttry" in use.why else f"{use.why}; {mend}"
            off = GateResult(
                gate=gate, stage=stage, status="off", key="", run=RUN, seconds=0.0, message=said
            )
            found.append(GateReport(result=off, cached=False))
    return tuple(found)


def _reused(stage: Stage, lines: Iterable[GateReport]) -> Iterator[str]:
    """Yield since when each gate of full stands that did not run now (``reuse=1``)."""
    if stage == "full":
        for line in lines:
            if line.cached:
                since = began(line.result.run)
                yield f"full:{line.result.gate} stands since {since} and is no proof (reuse=1)"


def _not_staged(root: Path, stage: Stage) -> Iterator[str]:
    """Yield what tells a hook that the tree which was judged is not what will be committed."""
    if stage == "warm" and git_index.in_hook():
        staged = git_index.read(project(root).top, root / state_paths.STAGED_INDEX)
        if staged.differing:
            names = fingerprint.some(staged.differing)
            yield f"what is staged is not what was judged, it differs in {names}; see: --staged"


def _unasked(here: Project, results: Iterable[GateResult]) -> Iterator[str]:
    """Yield why a gate that is not green runs at all, where no file names its tool."""
    for it in results:
        use = here.uses.get(it.gate)
        if use and it.status != "green" and "to switch" in use.why:
            yield f"{it.gate} runs because {use.why}"


def _unheard(here: Project, stage: Stage) -> Iterator[str]:
    """Yield which tests unittest, which the team calls, knows and pytest does not."""
    call = here.calls.get("tests")
    paths = tree(here.root, stage, "tests") if call else ()
    yield from unittest_runner.unheard(here.root, call.args, paths) if call else ()


def _result(root: Path, stage: Stage, gate: str) -> GateResult:
    found = report_files.result(root, stage, gate)
    if found is None:
        raise FirstTryError(f"{stage}:{gate} left no result; run: ft {stage}")
    return found


def _status(results: list[GateResult]) -> Literal["green", "red", "error"]:
    statuses = {result.status for result in results}
    # An error outweighs red: what could not be judged may hide more findings.
    return "error" if "error" in statuses else "red" if "red" in statuses else "green"


def _show(root: Path, it: Report) -> None:
    """Print what the stage came to, as its reader wants it; in CI also marks and a summary."""
    CONSOLE.clear()
    if CONSOLE.brief:
        CONSOLE.tell(*_brief(root, it))
    else:
        _show_whole(root, it)
    # Lines beginning with :: become notes on the pull request there, and noise elsewhere.
    if os.environ.get("GITHUB_ACTIONS"):
        CONSOLE.tell(*github.marks(it.failures))
    summarize(github.summary(it))
    if os.environ.get("GITLAB_CI"):
        # Imported late: XML is for nobody else.
        from firsttry_tasks.reporting.pull_request import gitlab

        disk.write(root / state_paths.JUNIT, gitlab.junit(it))
        disk.write(root / state_paths.CODE_QUALITY, gitlab.code_quality(it))


def _brief(root: Path, it: Report) -> list[str]:
    """Return the few words for an agent."""
    told = _answer(root, it)
    above = frozenset(
        finding.nodeid or reporting_text.place(finding) for finding in _told(root, it)
    )
    then = _then(it)
    return brief.stage(told, followup.line(then) if then else None, above)


def _show_whole(root: Path, it: Report) -> None:
    """Print warnings, findings, notes and the table."""
    CONSOLE.say(*(f"warning: {warning}" for warning in it.warnings))
    shown = {finding.id for finding in _told(root, it)}
    for line in it.gates:
        result = line.result
        _findings(result, [f for f in result.findings if f.id not in shown], it.stage)
        if result.tests and reporting_text.began_none(result):
            CONSOLE.say(*(f"note: {it}" for it in result.tests.notes))
        if result.touched_during_run:
            CONSOLE.say(
                f"note: {', '.join(result.touched_during_run[:3])} changed while {result.gate} ran;"
                " its result is shown and not kept (where the tests leave it: add it to .gitignore)"
            )
    head, rule, *rows = reporting_text.report(it, CONSOLE.sign, CONSOLE.width)
    painted = [_painted(row, line.result.status) for row, line in zip(rows, it.gates, strict=True)]
    CONSOLE.tell("", head, rule, *painted, "")


def _painted(row: str, status: str) -> str:
    """Return a row with its gate and its result in the color of the status."""
    end = row.index(status) + len(status)
    return f"{CONSOLE.paint(row[:end], status)}{row[end:]}"


def _told(root: Path, it: Report) -> tuple[Finding, ...]:
    """Return the findings that another stage of this run has shown."""
    if it.stage == "warm":
        return ()
    warm = report_files.read_report(root, "warm")
    return () if isinstance(warm, str) or warm.run != it.run else warm.failures


def _findings(result: GateResult, found: list[Finding], stage: Stage) -> None:
    """Show the findings that are not shown yet, and in a CI's log the whole of them, folded."""
    where = state_paths.report_file(stage)
    whole = CONSOLE.verbose
    CONSOLE.say(*reporting_text.findings(found, where, whole=whole, most=CONSOLE.width))
    if any(it.detail for it in found) and not whole:
        lines = reporting_text.findings(found, where, whole=True)
        CONSOLE.fold(f"{stage} {result.gate}: the whole text of {len(found)} findings", lines)
    if again := len(result.findings) - len(found):
        CONSOLE.say(f"{result.gate}: {again} finding{'s' if again > 1 else ''} as in warm, above")


def summarize(text: str) -> None:
    """Append to the step's summary where GitHub Actions asks for one."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if place:
        disk.append(place, text)


def _answer(root: Path, it: Report) -> stage_answer.StageAnswer:
    """Return what programs read of a report."""

    def again(finding: Finding) -> str:
        if finding.gate != "tests" or not finding.nodeid:
            return followup.command((it.stage,))
        return followup.called(here.calls["tests"], finding.nodeid)

    here = project(root)
    return stage_answer.answer(it, again)


def _then(it: Report) -> tuple[str, ...]:
    """Return ft's words to go on with after a stage that is red."""
    red = next((finding.nodeid for finding in it.failures if finding.nodeid), None)
    return (("why", "--was-red", red) if red else ("warm",)) if it.failures else ()


def turn_red(root: Path, stage: Stage, *, explain: bool = False) -> None:
    """Raise what ends the stage: RedError where the report is red, FirstTryError for an error."""
    it = report_files.read_report(root, stage)
    if isinstance(it, str):
        raise FirstTryError(f"The {stage} report {it}.")
    said = " ".join(line.result.message for line in it.gates if line.result.status == "error")
    ANSWER.give(_answer(root, it), _then(it), said)
    if explain:
        CONSOLE.say(*reporting_text.explanation(it))
    n = len(it.failures)
    found = f"{n} finding{'s' if n != 1 else ''}"
    if it.status == "error":
        broken = [line.result for line in it.gates if line.result.status == "error"]
        names = ", ".join(result.gate for result in broken)
        besides = f" What it did is red: {found}." if n else ""
        raise FirstTryError(f"{stage} could not do all its work ({names}).{besides}")
    if it.status == "red":
        raise RedError(f"{stage} is red: {found}.")
    if not CONSOLE.brief:
        nothing = all(line.result.status == "off" for line in it.gates)
        CONSOLE.say(
            f"{stage} checked nothing." if nothing else CONSOLE.paint(f"{stage} is green.", "green")
        )
