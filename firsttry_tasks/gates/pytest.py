"""The tests gate: starts pytest with FirstTry's plugin, and reads the events that it writes.

pytest's terminal output is never parsed: other plugins and settings change it.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.config import project_layout
from firsttry_tasks.gates.pytest_events import PytestRun, finding, hear
from firsttry_tasks.model.values import Finding, Status, TestsDetail, ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "pytest"
PLUGIN = "firsttry_tasks.recorder.plugin"
#: The files and sections that pytest reads its configuration from.
PLACES = (
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml [tool.pytest]",
    "tox.ini [pytest",
    "setup.cfg [tool:pytest",
)
#: The id of the finding that less is covered than the project asks for.
FAIL_UNDER = "coverage:fail-under"
#: pytest's exit codes: tests failed, interrupted (collection errors), wrong usage, none collected.
FAILED, INTERRUPTED, USAGE, NOTHING = 1, 2, 4, 5
#: How a traceback of pytest's names a place.
IN_FILE = re.compile(r"(\S+:\d+): in ")
#: Letters of what pytest said that a message takes. A judgement: some lines of a terminal.
TOLD = 400


def command(job: Job) -> Command:
    """Return pytest's command with FirstTry's plugin, which selects and records."""
    ours = ("-p", PLUGIN, f"--rootdir={job.root}")
    head = (*_program(job), *job.call.args, *ours)
    # --lf and its like read the cache of the last run: a full run must not see one.
    cold = ("-o", f"cache_dir={job.work}/pytest_cache")
    stage = cold if job.stage == "full" else ()
    cover = coverage_options(job)
    return job.start(TOOL, job.settings.pytest, (*head, *stage, *cover), targets(job))


def _program(job: Job) -> tuple[str, ...]:
    """Return what starts pytest, in the form in which the team calls it."""
    if job.call.form == "module":
        return (job.python, *job.call.flags, "-m", TOOL)
    # Without the script -P does nearly the same: it puts no folder on sys.path, the script its own.
    script = job.programs.get(TOOL)
    return (job.python, script) if script else (job.python, "-P", "-m", TOOL)


def coverage_options(job: Job) -> tuple[str, ...]:
    """Return the options that turn pytest-cov on where the lock asks for it, and off in warm.

    Full leaves the project's own options in force: they may set a limit that decides.
    """
    if not may_measure(job):
        return ()
    if measures(job):
        sources = job.settings.paths or project_layout.sources(job.paths) or (".",)
        # Coverage takes folders and names of modules; a file's name would be a module "x.py".
        asked = tuple(f"--cov={source.removesuffix('.py')}" for source in sources)
        return (
            *asked,
            "--cov-report=",
            f"--cov-report=xml:{job.work}/coverage.xml",
            # The project's own limit is for its own runs; here the diff-cover gate judges.
            "--cov-fail-under=0",
        )
    # What records has no place beside coverage; full else holds the project's own limit.
    return () if job.stage == "full" and not job.record else without_coverage(job)


def without_coverage(job: Job) -> tuple[str, ...]:
    """Return the option that turns pytest-cov off, whatever the project's own options say."""
    # It slows a run, and part of the tests measure too little.
    return ("--no-cov",) if may_measure(job) else ()


def may_measure(job: Job) -> bool:
    """Tell whether pytest-cov can be told anything."""
    # Without pytest-cov, or where plugins don't load by themselves, its options are unknown words.
    return "pytest-cov" in job.installed and not job.env.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")


def measures(job: Job) -> bool:
    """Tell whether this run measures coverage: in full, where the lock asks for it."""
    wanted = job.lock.coverage or job.lock.thresholds.diff_cover is not None
    return job.stage == "full" and wanted


def targets(job: Job) -> tuple[str, ...]:
    """Return pytest's last arguments: the settings' paths, else what the team's own call names.

    Without either pytest looks where its configuration says, or everywhere, as it does by hand.
    """
    return job.settings.tests or job.call.paths


def said(job: Job, done: Completed) -> ToolResult:
    """Return the result of a run; ``done.out`` must be the stream of events, not the output.

    The order of the questions matters: a run that was ended early has neither a finish nor an exit
    code that tells anything.
    """
    heard = hear(done.out.splitlines())
    message = _unfinished(job, done, heard)
    findings, notes = heard.findings, heard.notes
    if message and not heard.finished:
        findings += _crash(heard, message)
    elif not message and done.code == 0 and findings:
        # The project told pytest so, and it is the project that says what counts. The tests are
        # recorded as failed all the same, so that warm runs them each time.
        names = ", ".join(finding.nodeid or finding.id for finding in findings)
        notes += (f"pytest ended with 0 although it counts failures: {names}",)
        findings = ()
    elif not message:
        findings += _of_session(done, heard, job.paths)
    status: Status = "error" if message else "red" if findings else "green"
    counts = msgspec.structs.replace(heard.counts, selected=len(heard.why), total=heard.total)
    detail = TestsDetail(
        counts=counts,
        mode="everything",
        why=heard.why,
        notes=notes,
        durations=heard.durations,
        skipped=tuple(name for name, ended in heard.outcomes.items() if ended == "skipped"),
    )
    return ToolResult(status=status, findings=findings, message=message, tests=detail)


def _unfinished(job: Job, done: Completed, heard: PytestRun) -> str:
    """Return why nothing can be said of the tests, "" where pytest did its work."""
    if done.timed_out:
        return f"pytest ran longer than {job.lock.tool(TOOL).timeout:g} s and was ended{_in(heard)}"
    if not heard.finished:
        # Of usage errors, and of a conftest that can't be imported, pytest ends by itself.
        if done.code == USAGE and not heard.running:
            return f"pytest could not start (exit code {USAGE}){_tail(done)}"
        return f"pytest died ({_code(done)}){_in(heard)}{_tail(done)}"
    # Interrupted is also what pytest calls it that files can't be collected.
    told = done.code == INTERRUPTED and heard.findings
    if done.code not in {0, FAILED, NOTHING} and not told:
        # What broke it, in its own words: the end of its output holds times, which differ.
        why = f": {heard.broke}" if heard.broke else _tail(done)
        return f"pytest ended with exit code {done.code}{why}"
    if done.code in {0, NOTHING} and heard.unran:
        # pytest.exit(returncode=0) and --collect-only end with 0 without having run the tests:
        # taken for green, they would hide whatever those tests would have found.
        return f"pytest ended early: {len(heard.unran)} of {len(heard.why)} tests did not run"
    return ""


def _of_session(done: Completed, heard: PytestRun, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Return the finding for a red that the tests do not explain, none where they do.

    A plugin can turn a run red without a failed test, or beside one: a limit on coverage, a
    snapshot that no test uses, a hook that raises.
    """
    if done.code == NOTHING and not heard.why and not heard.findings:
        return _nothing(heard, paths)
    uncollected = any(finding.rule == "collect" for finding in heard.findings)
    stopped = done.code == INTERRUPTED and not uncollected
    told = (*heard.findings, *uncovered(heard))
    if done.code == 0 or (told and not heard.own and not stopped):
        return uncovered(heard)
    besides = (
        "pytest is red by itself, too" if heard.findings else "no test failed, but pytest is red"
    )
    return (
        *uncovered(heard),
        finding(rule="exit", nodeid="", message=f"{besides} (exit code {done.code}){_tail(done)}"),
    )


def uncovered(heard: PytestRun) -> tuple[Finding, ...]:
    """Return the finding that too little is covered, as one of a gate that only full has."""
    # Warm runs a part of the tests, which measures a part of the code: it can't be asked.
    if not heard.uncovered:
        return ()
    return (
        Finding(
            id=FAIL_UNDER,
            gate="coverage",
            tool="pytest-cov",
            rule="fail-under",
            message=heard.uncovered,
        ),
    )


def too_little(total: float, limit: float) -> str:
    """Return the sentence for less coverage than a limit, "" for enough."""
    if total >= limit:
        return ""
    return f"{total:.2f} % is covered, and the project asks for {limit:g} % (fail-under)"


def _nothing(heard: PytestRun, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Return a finding for a run without a test, where the project has files with tests.

    pytest itself is red then, and so is the team's CI: a folder that moved, or an option that
    deselects everything, would otherwise look like a suite that passes. It is no finding where the
    plan had left the other tests out, because then none of what was left is a test.
    """
    if heard.skips:
        return ()
    names = ((path, path.rpartition("/")[2]) for path in paths)
    files = [path for path, name in names if any(fnmatch(name, it) for it in heard.patterns)]
    if not files:
        return ()
    message = (
        f"pytest ran no test (exit code {NOTHING}), and {len(files)} of the files look like"
        f" tests: {files[0]}"
    )
    return (finding(rule="no tests", nodeid="", message=message),)


def _crash(heard: PytestRun, message: str) -> tuple[Finding, ...]:
    if not heard.running:
        return ()
    path = heard.running.partition("::")[0]
    return (finding(rule="crash", nodeid=heard.running, message=message, path=path, line=1),)


def _in(heard: PytestRun) -> str:
    return f", in {heard.running}" if heard.running else ", outside of any test"


def _code(done: Completed) -> str:
    return f"signal {-done.code}" if done.code < 0 else f"exit code {done.code}"


def _tail(done: Completed) -> str:
    """Return what pytest said last, and before it what it marks as the error."""
    # Carets stand for the line above them, and that is parted from its place here.
    lines = [it.strip() for it in done.err.splitlines() if set(it.strip()) - set("^~ ")]
    # A table shows the beginning, and of a conftest that can't be imported the end tells why.
    why = " ".join(it[1:].strip() for it in lines if it.startswith("E  "))
    if why:
        # What can't be imported; the way there is in the file that holds all of pytest's output.
        first = next((it for it in lines if not it.startswith("E  ")), "").rstrip(".:")
        places = [found[1] for it in lines if (found := IN_FILE.match(it))]
        around = "; at ".join(filter(None, (first[:TOLD], *places[-1:])))
        return f": {why[:TOLD]}" + (f" ({around})" if around else "")
    words = " ".join(" ".join(lines).split())
    if len(words) > TOLD:
        words = f"... {words[-TOLD:].partition(' ')[2]}"
    return f": {words}" if words else ""
