"""Hand what warm learned to testmon, for whoever runs it by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from firsttry_tasks import dependency_db, testmon_export
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.evidence import today
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.selection.syntax.fragment import Fragment


def write_testmon(root: Path) -> None:
    """Write testmon's own db from what warm learned, for `pytest --testmon` by hand."""
    memory = DependencyDb(root / report_files.DB)
    now = partial(_fragments, root)
    tests = today.known(memory.recorded_runs(), memory.before, now)
    if not tests:
        raise FirstTryError("Nothing is learned yet; run: doit warm")
    testmon_export.write(root, tests)
    CONSOLE.say(f"Wrote {testmon_export.FILE}: pytest --testmon now knows {len(tests)} tests.")


def _fragments(root: Path, path: str) -> tuple[Fragment, ...] | None:
    """Return a file's fragments as it is now, None for one that isn't Python."""
    return dependency_db.fragments(disk.read(root / path) or b"")
