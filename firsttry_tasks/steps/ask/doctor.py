"""The doctor step: check what makes warm runs slow or wrong, and name the command that mends it."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock
from firsttry_tasks.golden import retention
from firsttry_tasks.golden.box import IndexEntry
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.parity import history
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import age, megabytes
from firsttry_tasks.selection.decide import coarse, queries
from firsttry_tasks.steps.ask import questions
from firsttry_tasks.steps.cache import request, storage
from firsttry_tasks.steps.run import snapshot
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.steps.run.stage import RedError
from firsttry_tasks.stores import StoreError
from firsttry_tasks.system import disk, file_state, git, own_files
from firsttry_tasks.system.boundary import preload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from firsttry_tasks.golden.retention import StoredBox

#: Bytes of a dependency db that are worth a word: each warm run reads it before it chooses, and
#: writes to it. A judgement.
LARGE = 100_000_000
#: Places whose size is shown and, but for the db's, not judged.
PLACES = (state_paths.DB, ".mypy_cache", ".ruff_cache")
#: How many of the files that last month's commits edited are asked about, for how many seconds, and
#: how many of them are shown. Judgements.
EDITED, PATIENCE, SHOWN = 30, 10.0, 10
#: What begins a line that makes the step red; all other lines are information.
WRONG = "wrong: "


class DoctorAnswer(Struct, frozen=True, kw_only=True):
    """What has to be mended, and what else is to be said, a sentence each."""

    wrong: tuple[str, ...]
    notes: tuple[str, ...]


def examine(root: Path) -> None:
    """Print how things stand; RedError where something has to be mended."""
    said = [*_lock(root), *_watching(root), *_state(root), *_store(root), *_misses(root)]
    said += _coarse(root)
    # All checks first: one that is wrong must not hide the others.
    CONSOLE.say(*said)
    wrong = tuple(line.removeprefix(WRONG) for line in said if line.startswith(WRONG))
    notes = tuple(line for line in said if not line.startswith(WRONG))
    ANSWER.give(DoctorAnswer(wrong=wrong, notes=notes), said=" ".join((*wrong, *notes)))
    if wrong:
        raise RedError(f"{len(wrong)} thing{'s' if len(wrong) > 1 else ''} to mend.")


def _coarse(root: Path) -> Iterator[str]:
    """Yield what makes selection coarse here, and which edits of last month select most."""
    try:
        known = questions.known_now(root)
    except FirstTryError:
        # Nothing is learned yet, or the tests are off.
        return
    yield from coarse.told(known.recorded[0])
    yield from _edits(root, known)


def _edits(root: Path, known: questions.Known) -> Iterator[str]:
    """Yield the files edited in the last month whose edits select most tests, and why."""
    log = ("log", "--since=1.month", "--name-only", "--format=", "-z", "--relative", "--", ".")
    try:
        paths = Counter(path.strip() for path in git.fields(git.ask(root, *log)))
    except FirstTryError:
        # A repository without a commit.
        return
    # Those edited most often: to ask of one takes as long as to choose, and some are gone.
    edited = [path for path, _ in paths.most_common() if path in known.recorded[0].manifest]
    total = len({test.nodeid for recorded in known.recorded for test in recorded.tests})
    rows = []
    until = time.monotonic() + PATIENCE
    for path in edited[:EDITED]:
        if time.monotonic() < until:
            found = queries.impact(path, "", known.recorded, known.now)
            rows.append((len(found), path, found))
    for count, path, found in sorted(rows, key=lambda row: (-row[0], row[1]))[:SHOWN]:
        if count:
            why, most = Counter(found.values()).most_common(1)[0]
            yield f"An edit of {path} can run {count} of {total} tests; {most} of them: {why}"


def _lock(root: Path) -> Iterator[str]:
    """Yield what is to be said of the parity lock."""
    if not (root / parity_lock.FILE).exists():
        # A hint, not wrong: many projects work on one machine.
        yield f"There is no {parity_lock.FILE}: CI and laptops may differ; run: ft lock"
        return
    warnings = snapshot.read(root).warnings
    yield from (f"{WRONG}{warning}" for warning in warnings)
    if not warnings:
        yield f"This environment is as {parity_lock.FILE} says."


def _watching(root: Path) -> Iterator[str]:
    """Yield whether warm runs can see what ruff and mypy look at."""
    try:
        preload.library(root / state_paths.BOUNDARY)
    except preload.UnwatchableError as error:
        # Not wrong: only slower.
        yield f"ruff and mypy run in each warm run, since nobody can watch what they read: {error}"
        yield "Tests whose children can't be followed run after each change, for the same reason."
    else:
        yield "ruff and mypy are watched in warm runs: they stand while what they read stands."
        yield "Tests are watched with all their children, by the C library's own calls."


def _state(root: Path) -> Iterator[str]:
    """Yield what is to be said of the state on disk: sizes, origin, refused boxes."""
    for place in PLACES:
        if (root / place).exists():
            yield f"{place} has {megabytes(file_state.size(root / place))}."
    db = root / state_paths.DB
    if db.exists() and file_state.size(db) > LARGE:
        yield f"{WRONG}the dependency db is over {megabytes(LARGE)}; run: ft clear_cache"
    yield from _origin(root)
    if (root / state_paths.QUARANTINE).exists():
        reason = disk.read(root / state_paths.QUARANTINE / "reason.txt") or b""
        yield f"{WRONG}a box was refused: {' '.join(reason.decode('utf-8', 'replace').split())}"


def _origin(root: Path) -> Iterator[str]:
    """Yield where the warm state comes from, and what the store answered last."""
    golden = disk.read_own(root / state_paths.GOLDEN, IndexEntry)
    if golden:
        yield f"The warm state began with the golden cache of {golden.manifest.producer.commit}."
    asked = disk.read_own(root / state_paths.ASKED, request.CacheRequest)
    if asked and asked.said:
        yield f"The last warm run that asked the store: {asked.said}"


def _store(root: Path) -> Iterator[str]:
    """Yield what is to be said of the store, or why it does not answer."""
    where = storage.where(root)
    try:
        stored_boxes = retention.stored_boxes(storage.opened(root).entries())
    except StoreError as error:
        # A warm run passes over a store that is down, so this is where a person learns of it.
        yield f"{WRONG}{error}"
        return
    if stored_boxes:
        yield from _stored(root, where, stored_boxes)
    else:
        yield f"{where} holds no golden cache; on main, run: ft full publish record=1"


def _stored(root: Path, where: str, stored_boxes: Sequence[StoredBox]) -> Iterator[str]:
    """Yield how many golden caches a store holds, and whether the newest one is too old."""
    newest = age(time.time() - stored_boxes[0].modified)
    many = "s" if len(stored_boxes) > 1 else ""
    yield f"{where} holds {len(stored_boxes)} golden cache{many}, the newest {newest} old."
    # Age shows that CI has stopped publishing, which nothing else would tell.
    limit = project(root).settings.max_age
    if time.time() - stored_boxes[0].modified > limit * retention.DAY:
        yield f"{WRONG}the newest golden cache is older than max_age ({limit} days)"


def _misses(root: Path) -> Iterator[str]:
    lines = own_files.lines(root / state_paths.RUNS, history.Line)
    if lines:
        missed = sum(bool(line.everything) for line in lines)
        yield f"In {missed} of {len(lines)} parity runs here warm had to run everything."
