"""Make what a run of pytest recorded the warm state that the next warm run reads."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from firsttry_tasks import dependency_db
from firsttry_tasks.dependency_db import DependencyDb, Door, WarmSummary
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.recording import GIT, HOLDS
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide import leftovers, widen
from firsttry_tasks.selection.evidence.recorded_run import SeenOfRun
from firsttry_tasks.selection.learn import left_names
from firsttry_tasks.steps.run import recording
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.steps.run.tool_run import CODE
from firsttry_tasks.system import disk, file_state, own_files
from firsttry_tasks.system.privacy.outside import HIDDEN, passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.model.observed import Watched
    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.model.values import Selection, ToolResult
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.system.privacy.outside import Outside

#: File names of the tests' state. Warm runs have them in one folder, and a full run that records
#: has them in another, so that it can't disturb warm.
DB, WATCHED, LEARNED = (
    Path(it).name for it in (state_paths.DB, state_paths.WATCHED, state_paths.LEARNED)
)


def learn_or_forget(  # noqa: PLR0913  all of it is what one run came to
    job: Job,
    inputs: Inputs,
    around: CurrentTree,
    said: ToolResult,
    heard: PytestRun,
    given: Learned | None = None,
    *,
    doubted: frozenset[str] = frozenset(),
    earlier: AbstractSet[str] = frozenset(),
) -> None:
    """Learn from a warm run; where that fails, discard the db, so that all tests run next time.

    ``doubted`` tests stay new: nothing of them is learned. ``earlier`` is what was left when fewer
    tests ran of the same code.
    """
    root = Path(job.root)
    try:
        place = root / state_paths.WARM
        learn(job, inputs, around, said, heard, place, given, doubted=doubted, earlier=earlier)
    except Exception as error:  # noqa: BLE001  a mistake of ours may cost time, never a result
        dependency_db.discard(root / state_paths.DB)
        CONSOLE.say(
            f"What was recorded can't be used ({type(error).__name__}: {error}) and is forgotten;"
            " the next warm run runs everything."
        )


def seen(job: Job) -> tuple[Record, ...]:
    """Return what each process of the job's run recorded."""
    return recording.found(Path(records(job)))


def concerned(
    job: Job,
    recorded_runs: Sequence[RecordedRun],
    around: CurrentTree,
    earlier: set[str],
    chosen: Selection,
) -> Selection:
    """Return the selection with the tests that what was left behind in its run may concern.

    What was left is added to ``earlier``.
    """
    records = seen(job)
    earlier |= left_names.told(records)
    return leftovers.otherwise(chosen, records, recorded_runs, around)


class Learned(NamedTuple):
    """What the processes of a run recorded, with portable names.

    ``before(name, began)`` returns the digest of a file outside of the tree, None for one that the
    run made, which began then (Unix time).
    """

    records: tuple[Record, ...]
    before: Callable[[str, float], str | None]


def own(job: Job) -> Learned:
    """Return what the job's run on this machine recorded."""
    outside = project(Path(job.root)).outside
    return Learned(tuple(_portable(one, outside) for one in seen(job)), partial(_before, outside))


def learn(  # noqa: PLR0913, PLR0917  what ran, what it came to, and where it goes
    job: Job,
    inputs: Inputs,
    now: CurrentTree,
    said: ToolResult,
    heard: PytestRun,
    folder: Path,
    given: Learned | None = None,
    *,
    doubted: frozenset[str] = frozenset(),
    earlier: AbstractSet[str] = frozenset(),
) -> None:
    """Add what the run recorded, or what is given in its place, to the db and files in a folder."""
    outside = project(Path(job.root)).outside
    found, before = given or own(job)
    # A run that was cut off has seen only a part of what its tests touch; trusting it could skip a
    # test wrongly.
    if not heard.finished or not any(one.tests for one in found):
        return
    found = _without(found, doubted) if doubted else found
    memory = DependencyDb(folder / DB)
    door = Door(read=partial(read, Path(job.root)), before=before, without=now.without)
    if said.status != "green":
        found = _settled(found, heard, memory)
    seen_of_run = SeenOfRun(
        deselected=frozenset(heard.deselected_by_project),
        red=_red(said, found, memory),
        unsteady=frozenset(it.partition(HOLDS)[0] for it in earlier - left_names.told(found)),
    )
    memory.learn(found, now.manifest, now.parts, door, seen_of_run)
    recorded_runs = memory.recorded_runs()
    watched = dependency_db.watched(recorded_runs, now.variable, now.outside)
    own_files.write(folder / WATCHED, watched)
    _keep_hidden(outside, watched, Path(job.root), folder)
    # In this order: what is older than the db costs a smoke test, nothing else.
    old = disk.read_own(folder / LEARNED, WarmSummary) or WarmSummary()
    known = {test.nodeid for recorded in recorded_runs for test in recorded.tests}
    fresh = WarmSummary(
        parts=inputs.parts,
        smoke=tuple(sorted((set(old.smoke) - heard.why.keys()) & known | set(heard.smoke))),
        # A test that did not run this time keeps its last duration.
        durations={**old.durations, **heard.durations},
    )
    disk.write_json(folder / LEARNED, fresh)


def _settled(found: Iterable[Record], heard: PytestRun, memory: DependencyDb) -> tuple[Record, ...]:
    """Return the records without the tests that a red run skipped although they ran before.

    Their earlier record stands, by which they are selected until they have been run.
    """
    lost = widen.unanswered(heard.outcomes, heard.by_code, memory.recorded_runs())
    return _without(found, frozenset(lost))


def _without(found: Iterable[Record], nodeids: frozenset[str]) -> tuple[Record, ...]:
    """Return the records without these tests."""
    return tuple(
        replace(one, tests=tuple(it for it in one.tests if it.nodeid not in nodeids))
        for one in found
    )


def _red(said: ToolResult, found: Iterable[Record], memory: DependencyDb) -> tuple[str, ...]:
    """Return what turned a run red besides the tests that it recorded as failed.

    A crash takes the record of its test with it, and a session that is red has none.
    """
    failed = {test.nodeid for one in found for test in one.tests if test.outcome == "failed"}
    red = {it.nodeid or it.rule for it in said.findings if it.nodeid not in failed}
    # What an earlier run saw stands until a run is green: a failing test may have hidden it.
    if said.status != "green":
        red.update(*(one.red for one in memory.recorded_runs()[:1]))
    return tuple(sorted(red))


def wrote(job: Job) -> frozenset[str]:
    """Return the files that tests touched, and those that they wrote and that are no code.

    Code that a test wrote may be run by another test, so it counts as an edit.
    """
    observations = [
        observation
        for one in recording.found(Path(records(job)))
        for observation in one.observations
    ]
    touched = frozenset(
        observation.name for observation in observations if observation.kind == "touch"
    )
    return touched | {
        it.name for it in observations if it.kind == "write" and not it.name.endswith(CODE)
    }


def records(job: Job) -> str:
    """Return the folder into which each process of the run writes what it recorded."""
    return f"{job.work}/records"


def read(root: Path, path: str) -> bytes:
    """Return a file of the project, no bytes where there is none."""
    return disk.read(root / path) or b""


def _portable(record: Record, outside: Outside) -> Record:
    """Return the record with names for files outside that say nothing of this machine."""
    observations = (
        replace(it, name=outside.name(it.name)) if it.name.startswith("/") else it
        for it in record.observations
    )
    return replace(record, observations=tuple(observations))


def _keep_hidden(outside: Outside, watched: Watched, root: Path, folder: Path) -> None:
    """Write which paths the names of files outside hide; what warm knows no more is forgotten."""
    place = root / state_paths.HIDDEN
    of_warm = folder == root / state_paths.WARM
    known = {} if of_warm else own_files.read(place, dict[str, str]) or {}
    own_files.write(place, known | outside.hidden(watched.files))


def _before(outside: Outside, name: str, began: float) -> str | None:
    """Return a file's digest if it is older than the run; None for one that the run wrote."""
    place = outside.path(name)
    # Whoever moves a branch, it stands there for the next run.
    if name == GIT:
        return outside.content(name)
    # A file that the run itself made says nothing of what the next run will find.
    if place is None or file_state.age(place) >= began:
        return None
    found = outside.content(name)
    # Nor does one for a while that is gone again, or came with the times of what it is a copy of:
    # its name was made up for that run.
    for_a_while = name.startswith(HIDDEN) and passing(str(place))
    return None if for_a_while and (not found or file_state.came(place) >= began) else found
