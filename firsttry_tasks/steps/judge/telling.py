"""Tells the forge that runs this of a verdict: GitHub in a step's summary, GitLab in variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.parity.history import Line
from firsttry_tasks.reporting import github, report_files
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.pull_request import comment, gitlab
from firsttry_tasks.reporting.pull_request.comment import Links
from firsttry_tasks.steps.run.stage import summarize
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Report, Stage, Verdict


def tell(root: Path, found: dict[Stage, Report], verdict: Verdict) -> None:
    """Write what the forge shows of the verdict; nothing elsewhere."""
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        summarize(_summary(root, found, verdict))
    if os.environ.get("GITLAB_CI"):
        disk.write(root / state_paths.DOTENV, gitlab.variables(verdict))


def _summary(root: Path, found: dict[Stage, Report], verdict: Verdict) -> str:
    if not found:
        return github.verdict_summary(verdict)
    page = gather.page(
        gather.Sources(
            reports=found,
            verdict=verdict,
            lines=tuple(own_files.lines(root / state_paths.RUNS, Line)),
            memory=report_files.read_flaky(root),
        )
    )
    return comment.text(page, _links())


def _links() -> Links:
    """Return where the files of this run's commit are shown; nothing where the runner hides it."""
    named = [os.environ.get(f"GITHUB_{it}", "") for it in ("SERVER_URL", "REPOSITORY", "SHA")]
    server, repository, sha = named
    return Links(files=f"{server}/{repository}/blob/{sha}" if all(named) else "")
