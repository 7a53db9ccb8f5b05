"""The why and impact steps: why a test would run now, and which tests an edit would select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide import queries
from firsttry_tasks.steps.run import pytest_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun


def why(root: Path, words: list[str], *, as_json: bool = False) -> None:
    """Print why a test would run now or not, and the code and observations it depends on."""
    if len(words) != 1:
        # A nodeid with spaces in its parameters has to be quoted in a shell.
        raise UsageError("Usage: doit why NODEID")
    answer = queries.explain(words[0], *_known(root))
    if as_json:
        CONSOLE.say(msgspec.json.encode(answer).decode("utf-8"))
        return
    runs = "would run" if answer.runs else "would not run"
    CONSOLE.say(f"{answer.nodeid} {runs}: {answer.why}.")
    if answer.outcome:
        CONSOLE.say(f"When it ran last it {answer.outcome}. It rests on the code of:")
        CONSOLE.say(*(f"  {path}" for path in answer.code))
    if answer.looked:
        CONSOLE.say("It looked at:", *(f"  {observation}" for observation in answer.looked))


def reach(root: Path, words: list[str], *, as_json: bool = False) -> None:
    """Print the tests that an edit of FILE, or of FILE::NAME, would select, with the reasons."""
    if len(words) != 1:
        raise UsageError("Usage: doit impact FILE, or: doit impact FILE::NAME")
    path, _, name = words[0].partition("::")
    recorded_runs, now = _known(root)
    # No tests and a mistyped path would otherwise look alike.
    if path not in now.manifest:
        raise UsageError(f"{path} is no file of this tree; name it relative to the project.")
    found = queries.impact(path, name, recorded_runs, now)
    if as_json:
        CONSOLE.say(msgspec.json.encode(found).decode("utf-8"))
        return
    width = max(map(len, found), default=0)
    CONSOLE.say(*(f"{nodeid:<{width}}  {reason}" for nodeid, reason in found.items()))
    CONSOLE.say(f"{len(found)} tests would be selected by an edit of {words[0]}.")


def _known(root: Path) -> tuple[tuple[RecordedRun, ...], CurrentTree]:
    """Return the recorded runs and the current tree; FirstTryError where nothing is learned."""
    here = project(root)
    memory = DependencyDb(root / state_paths.DB)
    recorded_runs = memory.recorded_runs()
    inputs = disk.read_own(root / state_paths.inputs_file("warm", "tests"), Inputs)
    if not recorded_runs or inputs is None:
        raise FirstTryError("Nothing is learned yet; run: doit warm")
    files = tree(root, "warm", "tests")
    job = here.job("warm", "tests", tuple(files))
    # The very view that a warm run has, so the answer is what warm would do.
    return recorded_runs, pytest_run.now(here, job, inputs, files, memory)
