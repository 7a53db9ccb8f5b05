"""The tasks that show people what runs left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from firsttry_tasks.doit_tasks.engine import step
from firsttry_tasks.doit_tasks.task_dicts import flag, top, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task


def task_report() -> Iterator[Task]:
    """Write a page of what ran, why, what was saved, escapes, flaky tests and golden caches.

    ft report                  artifacts/report.html, of the last run and of those before it
    ft report --open           and show it in a browser
    ft report FOLDER           of the files that CI uploaded, unpacked into a folder
    ft report --out FILE       into another file
    ft report --json           what the page tells, and no page
    ft report --csv DIR        each of its tables, for spreadsheets

    The page is one file that loads nothing from anywhere.

    exit codes: 0 written, 2 nothing ran yet or a file can't be read, 3 wrong usage or configuration
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.show.report import report

        report(Path.cwd(), **options)

    params = [
        value("out", "write the page into this file", ""),
        value("csv", "write each table into this folder, as CSV", ""),
        {**flag("open", "show the page in a browser"), "name": "open_it"},
    ]
    yield top("report", task_report, step(act), params=params, pos_arg="words")


def task_comment() -> Iterator[Task]:
    """Say on a pull request what a run of it found, in one comment that is edited in place.

    ft comment FOLDER          print the comment, of the files that CI uploaded
    ft comment FOLDER --post   write it, edit it, or leave it where there is nothing to say

    --post is for a workflow that workflow_run starts: it may comment, and has no code of the pull
    request. It wants gh and GH_TOKEN.

    exit codes: 0 done, 2 GitHub or a file refused, 3 wrong usage or configuration
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.show.comment import comment_on

        comment_on(Path.cwd(), **options)

    params = [flag("post", "put it on the pull request")]
    yield top("comment", task_comment, step(act), params=params, pos_arg="words")


CREATORS = (task_report, task_comment)
