"""The compare step: judge two reports, remember what is flaky, say what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks import compare, disk, flaky, reports
from firsttry_tasks.errors import FirstTryError
from firsttry_tasks.outputs import github, words
from firsttry_tasks.outputs.console import CONSOLE
from firsttry_tasks.steps import snapshot
from firsttry_tasks.steps.stage import summarize
from firsttry_tasks.values import STAGES

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.values import Report, Stage, Verdict


class VerdictError(FirstTryError):
    """A verdict that is not good, with the exit code the table gives it."""

    def __init__(self, verdict: Verdict) -> None:
        """Carry the verdict's own exit code."""
        super().__init__(verdict.sentence)
        self.exit_code = verdict.exit_code


def judge(root: Path) -> None:
    """Compare the two reports; raises VerdictError unless the verdict is good."""
    found = {stage: _current(root, stage) for stage in STAGES}
    verdict = compare.judge(found)
    if verdict.learned:
        memory = reports.read_flaky(root, flaky.FILE)
        disk.write_json(root / flaky.FILE, flaky.remember(memory, verdict.learned))
    reports.write_verdict(root, verdict)
    title, *evidence = words.verdict(verdict)
    CONSOLE.say(CONSOLE.paint(title, verdict.name), *evidence)
    summarize(github.verdict_summary(verdict))
    if verdict.exit_code:
        raise VerdictError(verdict)
    CONSOLE.say(verdict.sentence)


def _current(root: Path, stage: Stage) -> Report | str:
    """Return the stage's report, if it speaks of the tree as the last look saw it."""
    found = reports.read_report(root, stage)
    if isinstance(found, str):
        return found
    mark = snapshot.read(root)
    if found.fingerprint != mark.name:
        return (
            f"is of another commit or lock ({found.fingerprint[:12]}..., now {mark.name[:12]}...)"
        )
    if found.tree != mark.tree:
        return "is of another tree: files have changed since"
    return found
