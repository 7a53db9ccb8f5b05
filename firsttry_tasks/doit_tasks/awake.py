"""Get a run ready before it is asked for: what it loads is loaded, and so are pytest and mypy."""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path

from msgspec.structs import replace

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.steps.run import pytest_process, tool_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.system import process
from firsttry_tasks.system.machine import HELD

#: What a warm run loads, most of it late. Here it costs nobody's time.
LOADED = (
    "doit.cmd_run",
    "firsttry_tasks.tasks",
    "firsttry_tasks.gates.job",
    "firsttry_tasks.steps.ask.upkeep",
    "firsttry_tasks.steps.cache.update",
    "firsttry_tasks.steps.cache.warm_state",
    "firsttry_tasks.steps.run.gate",
    "firsttry_tasks.steps.run.snapshot",
    "firsttry_tasks.steps.run.stage",
    "firsttry_tasks.selection.decide.select",
    "firsttry_tasks.system.boundary.preload",
    "pathspec",
    "tomllib",
)


def wait() -> bool:
    """Get ready and wait; False where nobody asks any more."""
    for name in LOADED:
        importlib.import_module(name)
    # Where that is not possible the run itself says why.
    with contextlib.suppress(FirstTryError, OSError):
        root = Path.cwd()
        here = project(root)
        # As it will be while the run holds the checkout.
        held = {HELD: str(root / state_paths.LOCK)}
        if "mypy" in here.gates("warm"):
            job = here.job("warm", "mypy", tuple(tree(root, "warm", "mypy")))
            tool_run.prepare(replace(job, env=job.env | held))
        job = here.job("warm", "tests", tuple(tree(root, "warm", "tests")))
        pytest_process.prepare(replace(job, env=job.env | held))
    # What was read of the project may be another when the byte comes.
    project.cache_clear()
    asked = bool(os.read(0, 1))
    if not asked:
        process.end_rest()
    return asked
