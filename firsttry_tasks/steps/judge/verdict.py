"""The compare step: judge the two reports, look into differences, and remember what was seen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from firsttry_tasks.golden.box import IndexEntry
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES, Divergences
from firsttry_tasks.parity import compare, history
from firsttry_tasks.reporting import report_files, text
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.cache import request, run_history
from firsttry_tasks.steps.judge import telling
from firsttry_tasks.steps.run import flaky_spool, snapshot
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.steps.run_id import RUN, began
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Report, Stage, Verdict


class VerdictError(FirstTryError):
    """A verdict that is not good; it carries the exit code of the verdict."""

    def __init__(self, verdict: Verdict) -> None:
        """Take sentence and exit code from the verdict."""
        super().__init__(verdict.sentence)
        self.exit_code = verdict.exit_code


def judge(root: Path, *, learn: bool = False) -> None:
    """Compare the two reports; raises VerdictError unless the verdict is good.

    ``learn`` writes what would have selected an escaped test into the settings.
    """
    found = {stage: _current(root, stage) for stage in STAGES}
    verdict = compare.judge(found)
    both = {stage: it for stage, it in found.items() if not isinstance(it, str)}
    moved: tuple[str, ...] = ()
    # What full did not run for this comparison is no evidence, for or against anybody.
    if len(both) == len(STAGES) and not compare.reused(both["full"]):
        # `--learn` follows a comparison that has just found the escape: minutes of reruns would
        # find the same again.
        verdict = (learn and _known(root, both, verdict)) or _confirmed(root, both, verdict)
        moved = _remember(root, both, verdict)
    # Written before anything is raised: CI reads the file of a red comparison above all.
    report_files.write_verdict(root, verdict)
    report_files.write_divergence(root, _divergences(both, verdict))
    ANSWER.give(verdict, _then(verdict))
    title, *evidence = text.verdict(verdict)
    CONSOLE.tell(CONSOLE.paint(title, verdict.name))
    CONSOLE.say(*evidence, *moved)
    telling.tell(root, both, verdict)
    if learn:
        from firsttry_tasks.steps.judge import explain

        explain.learn(root, verdict)
    # Last, after files, history and learning, which an escape needs most.
    if verdict.exit_code:
        raise VerdictError(verdict)
    CONSOLE.tell(verdict.sentence)


def _then(verdict: Verdict) -> tuple[str, ...]:
    """Return ft's words to go on with after a verdict."""
    if any(it.depends for it in verdict.divergences):
        return ("compare", "--learn")
    # What can't be compared is run anew; what is red is shown by the stage that saw it.
    return {"incomparable": ("parity",), "red": ("warm",)}.get(verdict.name, ())


def _confirmed(root: Path, both: dict[Stage, Report], verdict: Verdict) -> Verdict:
    """Return the verdict after reruns, where something differs and the lock gives time for them."""
    here = project(root)
    rules = here.locked[0].confirm
    if not rules.reruns or not rules.minutes:
        return verdict
    from firsttry_tasks.steps.judge import confirm

    if verdict.only_full or verdict.only_warm:
        return confirm.confirm(here, both, verdict)
    return confirm.once_more(here, both, verdict)


def _remember(root: Path, both: dict[Stage, Report], verdict: Verdict) -> tuple[str, ...]:
    """Append to the history and fold what was seen into the flaky list; return lines to print."""
    lines = own_files.lines(root / state_paths.RUNS, history.Line)
    again = history.identity(both) in {it.id for it in lines}
    learned = flaky_spool.LearnedFlakes()
    # When the machine is to blame, its failures say nothing of the tests.
    if verdict.name not in {"infrastructure", "incomparable"}:
        learned = flaky_spool.learn(root, list(both.values()), verdict, again=again)
    # The same two reports are one run of the history, however often they are compared.
    if not again:
        listed = len(report_files.read_flaky(root).nodeids)
        line = history.line(both, verdict, _around(root, both["warm"], listed))
        own_files.write_lines(root / state_paths.RUNS, history.longer(lines, line))
        trouble = run_history.share(root, line, learned.seen)
        return (*learned.moved, trouble) if trouble else learned.moved
    return learned.moved


def _around(root: Path, warm: Report, listed: int) -> history.RunContext:
    """Return what the history keeps of the surroundings: flaky list, and whether a box was used."""
    asked = disk.read_own(root / state_paths.ASKED, request.CacheRequest)
    golden = disk.read_own(root / state_paths.GOLDEN, IndexEntry)
    at = began(RUN)
    # The last question to the store was for another commit, so it says nothing of this run.
    if asked is None or asked.head != warm.head:
        return history.RunContext(at=at, flaky=listed)
    if golden is None:
        return history.RunContext(at=at, flaky=listed, store="miss")
    return history.RunContext(
        at=at, flaky=listed, store="hit", age=_hours(golden.manifest.producer.created, at)
    )


def _hours(since: str, until: str) -> float | None:
    """Return the hours between two ISO times; None where one can't be read."""
    try:
        apart = dt.datetime.fromisoformat(until) - dt.datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return None
    return round(apart.total_seconds() / 3600, 1)


def _known(root: Path, both: dict[Stage, Report], verdict: Verdict) -> Verdict | None:
    """Return the verdict from the saved evidence on these two reports; None where there is none."""
    found = report_files.read_divergence(root)
    if found is None or found.runs != history.identity(both) or not found.divergences:
        return None
    return compare.settle(verdict, found.divergences, found.seconds)


def _divergences(both: dict[Stage, Report], verdict: Verdict) -> Divergences:
    """Return the evidence as it is written to artifacts/divergence.json."""
    return Divergences(
        runs=history.identity(both) if len(both) == len(STAGES) else "",
        fingerprint=verdict.fingerprint,
        seconds=verdict.confirm_seconds,
        divergences=verdict.divergences,
    )


def _current(root: Path, stage: Stage) -> Report | str:
    """Return the stage's report, or what is wrong with it: missing, or of another tree."""
    found = report_files.read_report(root, stage)
    if isinstance(found, str):
        return found
    mark = snapshot.read(root)
    if found.fingerprint != mark.name:
        return (
            f"is of another commit or lock ({found.fingerprint[:12]}..., now {mark.name[:12]}...)"
        )
    # The fingerprint is of the commit and the lock; edits that are not committed show here.
    if found.tree != mark.tree:
        return "is of another tree: files have changed since"
    return found
