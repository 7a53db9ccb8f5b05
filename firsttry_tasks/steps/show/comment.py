"""The command ``ft comment``: say on a pull request what a run of it found.

It is for a job that a finished run starts (``workflow_run``). That job has the right to comment, so
it has no code of the pull request: the run's files are data here, and where the comment belongs is
GitHub's word, never theirs.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.pull_request import comment
from firsttry_tasks.reporting.pull_request.comment import MARK, Links
from firsttry_tasks.steps.show import artifact
from firsttry_tasks.steps.show.github_comments import Comments
from firsttry_tasks.steps.typed import typed_in
from firsttry_tasks.system import disk

#: A repository's name, and a commit's: the words of the event that get into addresses.
REPOSITORY, COMMIT = re.compile(r"[\w.-]+/[\w.-]+"), re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: What is said in place of an earlier comment when there is nothing to say any more.
GOOD = "### ✔ All is green again\n"


class _Owner(Struct, frozen=True):
    login: str


class _Head(Struct, frozen=True):
    owner: _Owner


class _Run(Struct, frozen=True):
    """The run that has ended, with the fields of GitHub's event."""

    event: str
    head_branch: str
    head_sha: str
    html_url: str
    head_repository: _Head


class _Event(Struct, frozen=True):
    workflow_run: _Run


def comment_on(root: Path, words: list[str], *, post: bool) -> None:
    """Print the comment on the run whose files are in a folder; ``post`` puts it in place."""
    if len(words) != 1:
        raise UsageError("Name the folder of the run's files: ft comment FOLDER")
    folder = root / typed_in() / words[0]
    if not folder.is_dir():
        raise UsageError(f"There is no folder {words[0]!r}. Download the run's artifact into one.")
    page = gather.page(artifact.read(folder))
    run = _run() if post else None
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    said = comment.text(page, _links(repository, run))
    if run is None:
        CONSOLE.tell(said if comment.tells(page) else "There is nothing to say: all is green.")
        return
    CONSOLE.say(_put(root, repository, run, said if comment.tells(page) else ""))


def _run() -> _Run:
    """Return the run that started this job; UsageError where no run did."""
    place = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        found = decoding.json((disk.read(Path(place)) if place else b"") or b"", _Event)
    except decoding.UndecodableError as error:
        raise UsageError(
            "--post is for a workflow that workflow_run starts; docs/ci.md has its lines."
        ) from error
    run = found.workflow_run
    if not COMMIT.fullmatch(run.head_sha):
        raise UsageError("The event names no commit.")
    return run


def _links(repository: str, run: _Run | None) -> Links:
    server = os.environ.get("GITHUB_SERVER_URL", "")
    if run is None or not server or not REPOSITORY.fullmatch(repository):
        return Links()
    return Links(files=f"{server}/{repository}/blob/{run.head_sha}", run=run.html_url)


def _put(root: Path, repository: str, run: _Run, said: str) -> str:
    """Write, edit or leave the comment; return what was done."""
    if run.event != "pull_request":
        return "That run was of no pull request, so there is nothing to comment on."
    if not REPOSITORY.fullmatch(repository):
        raise UsageError("GITHUB_REPOSITORY names no repository.")
    comments = Comments(root, repository)
    number = comments.pull(run.head_repository.owner.login, run.head_branch, run.head_sha)
    if number is None:
        return "The pull request has newer commits, or is closed: nothing is said of this one."
    mine = comments.beginning(number, MARK)
    if mine is None and not said:
        return "All is green, and there is no comment to take back."
    comments.write(number, mine, f"{MARK}\n{said or GOOD}")
    return f"{'Wrote' if mine is None else 'Edited'} the comment on #{number}."
