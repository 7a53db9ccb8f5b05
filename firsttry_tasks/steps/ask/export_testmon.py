"""The testmon step: write pytest-testmon's database from what warm runs learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks import testmon_export
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting.console import CONSOLE

if TYPE_CHECKING:
    from pathlib import Path


def write_testmon(root: Path) -> None:
    """Write testmon's own db for `pytest --testmon`; FirstTryError where nothing is learned."""
    tests = testmon_export.export(root, DependencyDb(root / state_paths.DB))
    if not tests:
        raise FirstTryError("Nothing is learned yet; run: doit warm")
    CONSOLE.say(f"Wrote {testmon_export.FILE}: pytest --testmon now knows {tests} tests.")
