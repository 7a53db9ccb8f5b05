"""Reads what the page tells from a checkout and its store."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.golden import box, retention
from firsttry_tasks.golden.nearest import TRIES
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES, Report, Verdict
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.page.gather import Sources
from firsttry_tasks.reporting.page.values import Box, Shard
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.steps import run_id
from firsttry_tasks.steps.cache import request, run_history, storage, update
from firsttry_tasks.steps.cache.known_variables import KnownVariables
from firsttry_tasks.steps.run import flaky_spool
from firsttry_tasks.steps.run.project import project, today
from firsttry_tasks.steps.show.artifact import of_these
from firsttry_tasks.stores.bounded import BoundedStore
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.golden.retention import StoredBox
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.selection.shards.runs import ShardRun
    from firsttry_tasks.steps.cache.update import Wanted

#: Seconds for all questions to the store; the page goes on without it. A judgement.
SECONDS = 5.0
#: How many golden caches are shown, newest first. A judgement: a reader takes one of the newest.
BOXES = 20


def read(root: Path) -> Sources:
    """Return what this checkout knows; FirstTryError where nothing ran yet."""
    found: dict[Stage, Report] = {}
    for stage in STAGES:
        it = report_files.read_report(root, stage)
        if isinstance(it, Report):
            found[stage] = it
    if not found:
        raise FirstTryError("There is no report yet. Run: ft parity, or name a CI's artifact.")
    one = gather.one_run(found)
    verdict = disk.read_own(root / state_paths.VERDICT, Verdict)
    asked = disk.read_own(root / state_paths.ASKED, request.CacheRequest)
    memory, moved = flaky_memory.heal(
        report_files.read_flaky(root),
        project(root).locked[0].flaky,
        today(),
        flaky_spool.owner(root),
    )
    return Sources(
        reports=one,
        verdict=of_these(one, [verdict] if verdict else []),
        lines=run_history.known(root).lines,
        memory=memory,
        moved=moved,
        shards=tuple(it for report in one.values() for it in _shards(root, report)),
        boxes=_boxes(root),
        asked=asked.said if asked else "",
    )


def _shards(root: Path, report: Report) -> Iterator[Shard]:
    """Yield the shards that a report was merged from, where their files lie here."""
    notes = [note for it in report.gates if it.result.tests for note in it.result.tests.notes]
    folder = root / state_paths.shards_folder(report.stage)
    # Only a merge says of which plan its shards are; other files there are of another run.
    found = [
        it for it in map(_shard_run, folder.rglob(f"*{runs.SUFFIX}")) if it and _named(it, notes)
    ]
    began = {it.run: dt.datetime.fromisoformat(run_id.began(it.run)).timestamp() for it in found}
    for it in sorted(found, key=lambda it: (it.number, it.run)):
        yield Shard(
            stage=report.stage,
            number=it.number,
            of=len({one.number for one in found}),
            status=it.said.status,
            tests=len(it.heard.outcomes),
            seconds=it.seconds,
            began=began[it.run] - min(began.values()),
        )


def _named(run: ShardRun, notes: list[str]) -> bool:
    return any(run.plan[:12] in note for note in notes)


def _shard_run(place: Path) -> ShardRun | None:
    try:
        return runs.decode(disk.read(place) or b"", place.name)
    except FirstTryError:
        return None


def _boxes(root: Path) -> tuple[Box, ...]:
    """Return the golden caches in the store; none where it can't be asked in time."""
    try:
        store = BoundedStore(storage.opened(root, SECONDS), SECONDS)
        stored = retention.stored_boxes(store.entries())[:BOXES]
        wanted = update.wanted_here(root)
        known = KnownVariables(project(root), wanted.parts)
        return tuple(_described(stored, wanted, lambda name: update.why_not(store, name, known)))
    except FirstTryError:
        return ()


def _described(stored: tuple[StoredBox, ...], wanted: Wanted, why: update.Why) -> Iterator[Box]:
    """Yield the caches; ``why`` asks the store why one does not fit, for the nearest few."""
    distance = {commit: n + wanted.line.ahead for n, commit in enumerate(wanted.line.commits)}
    compat_key, asked, now = box.compat_key(wanted.parts), 0, time.time()
    for it in stored:
        misses = ""
        if it.name.head not in distance:
            misses = "its commit is not behind this one"
        elif (it.name.lock, it.name.compat_key) != (wanted.lock, compat_key):
            asked += 1
            misses = why(it.name) if asked <= TRIES else "it was made in another environment"
        yield Box(
            commit=it.name.head,
            hours=round(max(0.0, now - it.modified) / 3600, 2),
            bytes=it.size,
            distance=distance.get(it.name.head),
            misses=misses,
        )
