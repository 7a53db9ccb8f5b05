"""Let an escape explain itself: run it once more, recorded, and compare with what was known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks import depends, disk, explanation, lock, reports
from firsttry_tasks.dependencies import Memory
from firsttry_tasks.explanation import Tree
from firsttry_tasks.outputs.console import CONSOLE
from firsttry_tasks.steps import recording, rerun
from firsttry_tasks.steps.project import tree

if TYPE_CHECKING:
    from firsttry_tasks.steps.bench import Bench
    from firsttry_tasks.values import Divergence, Verdict

#: How many escaped tests are explained; a person reads the first ones.
EXPLAINED = 10
SETTINGS = "pyproject.toml"


def explained(bench: Bench, found: list[Divergence]) -> list[Divergence]:
    """Return the differences, each selection gap with why it was not selected."""
    gaps = [it.nodeid for it in found if it.kind == "selection gap" and it.nodeid][:EXPLAINED]
    if not gaps or bench.late():
        return found
    job = replace(rerun.cold(bench.job("full", "tests"), bench.deadline), stage="warm")
    rerun.again(job, gaps)
    records = recording.found(Path(job.work) / rerun.RECORDS)
    root = bench.here.root
    sessions = Memory(root / reports.DB).sessions()
    seen = Tree(manifest=tree(root, "tests"), inert=bench.here.settings.inert)
    because = {nodeid: explanation.explain(nodeid, records, sessions, seen) for nodeid in gaps}
    return [
        replace(
            it,
            because=because[it.nodeid].why,
            mend=because[it.nodeid].mend,
            depends=because[it.nodeid].depends,
        )
        if it.nodeid in because
        else it
        for it in found
    ]


def learn(root: Path, verdict: Verdict) -> None:
    """Write what would have selected the escaped tests into the project's settings."""
    wanted = [pair for it in verdict.divergences for pair in it.depends.items()]
    if not wanted:
        CONSOLE.say("There is no escape to learn from.")
        return
    place = root / SETTINGS
    text = (disk.read(place) or b"").decode("utf-8")
    disk.write_if_changed(place, depends.add(text, wanted).encode("utf-8"))
    locked = " Then run: doit lock" if disk.read(root / lock.FILE) else ""
    CONSOLE.say(f"Wrote to {SETTINGS}, {depends.HEADER}; read it, and commit it.{locked}")
