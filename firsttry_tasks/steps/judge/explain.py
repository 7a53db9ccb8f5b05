"""Explain an escape: run the test again, recorded, and compare with what warm had on record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks import __version__
from firsttry_tasks.config import parity_lock
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.golden.restore import Foreign
from firsttry_tasks.model import state_paths
from firsttry_tasks.parity import depends_toml, escape_reason
from firsttry_tasks.parity.escape_reason import PriorEvidence, Tree
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide.validity import Validity
from firsttry_tasks.selection.learn import left_names
from firsttry_tasks.steps.run import pytest_run, recording, rerun
from firsttry_tasks.steps.run.project import tree
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.model.values import Divergence, Verdict
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest
    from firsttry_tasks.steps.judge.bench import Bench
    from firsttry_tasks.steps.run.project import Project

    #: A function that returns why a test of a recorded run has to run again; None where nothing
    #: changed.
    Judge = Callable[[RecordedRun, RecordedTest], str | None]

#: Escaped tests that are explained at most. A judgement: they mostly have one cause, and a person
#: reads the first ones.
EXPLAINED = 10
#: The file that `doit compare --learn` writes to.
SETTINGS = "pyproject.toml"
DAY = 86_400.0


def explained(bench: Bench, found: list[Divergence]) -> list[Divergence]:
    """Return the differences; each selection gap now has the reason why warm did not select it."""
    gaps = [it.nodeid for it in found if it.kind == "selection gap" and it.nodeid][:EXPLAINED]
    if not gaps or bench.late():
        return found
    # Cold, but in the warm stage, because reruns record in that stage only.
    job = replace(rerun.cold(bench.job("full", "tests"), bench.deadline), stage="warm")
    rerun.again(job, gaps)
    records = recording.found(Path(job.work) / rerun.RECORDS)
    known, judge = _known(bench.here)
    seen = Tree(manifest=tree(bench.here.root, "full", "tests"), inert=bench.here.settings.inert)
    because = {
        nodeid: escape_reason.explain(
            nodeid, records, escape_reason.vouching_run(nodeid, known, judge), seen
        )
        for nodeid in gaps
    }
    return [
        replace(
            it,
            because=because[it.nodeid].why,
            reason=because[it.nodeid].reason,
            mend=because[it.nodeid].mend,
            depends=because[it.nodeid].depends,
        )
        if it.nodeid in because
        else it
        for it in found
    ]


def _known(here: Project) -> tuple[list[PriorEvidence], Judge]:
    """Return the recorded runs with their origin, and the function that judges their tests."""
    memory = DependencyDb(here.root / state_paths.DB)
    recorded_runs, now = memory.recorded_runs(), time.time()
    foreign = disk.read_own(here.root / state_paths.FOREIGN, Foreign)
    known = [
        PriorEvidence(
            recorded=recorded,
            days=(now - made) / DAY,
            # Recorded before the restore means recorded on another machine.
            golden=_golden(foreign) if foreign and made < foreign.restored else "",
        )
        for recorded, made in zip(recorded_runs, memory.made(), strict=True)
    ]
    inputs = disk.read_own(here.root / state_paths.inputs_file("warm", "tests"), Inputs)
    if inputs is None:
        # Without a warm run's inputs there is nothing to judge by; the other reasons still hold.
        return known, lambda _recorded, _test: None
    files = tree(here.root, "warm", "tests")
    seen = pytest_run.now(here, here.job("warm", "tests", tuple(files)), inputs, files, memory)
    seen = replace(seen, unsteady=left_names.unsteady(recorded_runs, seen))
    judges: dict[int, Validity] = {}

    def judge(recorded: RecordedRun, test: RecordedTest) -> str | None:
        # Holding a recorded run against the tree takes a while, and mostly the newest one vouched.
        if id(recorded) not in judges:
            judges[id(recorded)] = Validity(recorded, seen)
        return judges[id(recorded)].why(test)

    return known, judge


def _golden(foreign: Foreign) -> str:
    by = foreign.producer
    other = f", by FirstTry {by.firsttry}" if by.firsttry != __version__ else ""
    return f"the golden cache of {by.commit[:12]} (made {by.created[:10]} on {by.ref}{other})"


def learn(root: Path, verdict: Verdict) -> None:
    """Write the `depends` entries that would have selected the escaped tests into the settings."""
    wanted = [pair for it in verdict.divergences for pair in it.depends.items()]
    if not wanted:
        CONSOLE.say("There is no escape to learn from.")
        return
    place = root / SETTINGS
    text = (disk.read(place) or b"").decode("utf-8")
    disk.write_if_changed(place, depends_toml.add(text, wanted).encode("utf-8"))
    # Settings are part of the lock, which would differ from now on.
    locked = " Then run: ft lock" if disk.read(root / parity_lock.FILE) else ""
    CONSOLE.say(f"Wrote to {SETTINGS}, {depends_toml.HEADER}; read it, and commit it.{locked}")
