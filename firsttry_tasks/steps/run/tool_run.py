"""Run the tool of one gate, and return what it found as the gate's module reads its output."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import gates
from firsttry_tasks.fingerprint import WATCHED
from firsttry_tasks.gates import diff_cover, known, mypy_cache
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.observed import Observed
from firsttry_tasks.model.values import ToolResult
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.steps.observe import mypy_state, watching
from firsttry_tasks.steps.run import recording
from firsttry_tasks.system import disk, git, process
from firsttry_tasks.system.guard import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command
    from firsttry_tasks.steps.run.project import Project


def _nothing() -> None:
    """Keep nothing: most gates have no state but their result."""


#: Endings of files that can change what other tests do. One that appears while tests run is taken
#: as an edit; any other new file is something that a test left behind.
CODE = (".py", ".pyi", ".toml", ".ini", ".cfg")


class WatchedRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a watched tool ran: where its logs are, or why there are none; ``afresh``: cacheless."""

    logs: Path
    unknown: str = ""
    afresh: bool = False


class GateRun(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a gate's work, and what is to be done with it.

    ``keep`` makes what was learned the warm state; ``wrote`` returns the files that the gate itself
    is known to have written or touched. Both are functions, because most runs need neither.
    ``watched`` says how a watched tool ran; ``broken`` that it ended otherwise than it should.
    """

    said: ToolResult
    argv: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    keep: Callable[[], None] = _nothing
    wrote: Callable[[], frozenset[str]] = frozenset
    watched: WatchedRun | None = None
    broken: bool = False


def run(job: Job, gate: str, inputs: Inputs, tree: Mapping[str, str]) -> GateRun:
    """Run a gate's tool and return its findings; ``inputs`` and ``tree`` are what it judges."""
    require(job, gates.GATES[gate].TOOL)
    if gate == "mypy" and job.stage == "warm":
        return _mypy(job, inputs, tree)
    watch = job.stage == "warm" and gate in WATCHED
    return once(job, gate, inputs.key, watch=watch)


def _mypy(job: Job, inputs: Inputs, tree: Mapping[str, str]) -> GateRun:
    """Run mypy with its cache, or without where that is blind or damaged."""
    root = Path(job.root)
    why = mypy_state.stale(root, inputs, tree)
    # Gone until mypy has ended well: what a run that was killed left in the cache nobody knows.
    disk.remove(root / state_paths.ran_file("warm", "mypy", "json"))
    if why:
        return _afresh(job, why)
    ran = once(job, "mypy", watch=True)
    return _afresh(job, "its cache was damaged") if ran.broken else ran


def _afresh(job: Job, why: str) -> GateRun:
    """Run mypy from an empty cache, or without any where the old one can't be removed."""
    old = mypy_state.caches(job)
    for cache in old:
        disk.remove(cache)
    left = any(cache.exists() for cache in old)
    ran = once(msgspec.structs.replace(job, fresh=left), "mypy", watch=True)
    watched = ran.watched and msgspec.structs.replace(ran.watched, afresh=True)
    said = (f"mypy's cache is dropped: {why}",) if old else ()
    return msgspec.structs.replace(ran, why=said, watched=watched)


def once(
    job: Job, gate: str, key: str = "", *, watch: bool = False, whole: bool = False
) -> GateRun:
    """Run a gate's tool once; ``key`` names what it records, ``watch`` sees what it looks at.

    Findings that the baseline knows are counted and left out, unless the ``whole`` is asked for.
    """
    disk.own_folder(Path(job.work))
    if job.record:
        # What an earlier run recorded must not be packed with this run's result.
        disk.remove(Path(job.recorded))
    if gate == "diff-cover":
        # Found now, not when the task is made: most runs have no diff-cover and need no git for
        # it.
        base = git.main_branch(Path(job.root), job.base)
        # In either case diff-cover itself would end in a traceback.
        git.require_common_commit(Path(job.root), base)
        if not diff_cover.coverage(job).exists():
            raise FirstTryError("the tests left no coverage to look at; see the tests gate")
        job = msgspec.structs.replace(job, base=base)
    commands = gates.commands(gate, job)
    nothing = ToolResult(status="off", message="no package or module was found to check")
    if not commands:
        return GateRun(said=nothing)
    logs, unknown = Path(job.work) / "asked", ""
    if watch:
        library = Path(job.root) / state_paths.BOUNDARY
        commands, unknown = watching.prepared(commands, logs, library)
    show = _elapsed(f"{job.stage} {gate:<10}", f"{job.stage}:{gate}")
    ended = [(part, _one(part, gate, command, show)) for part, command in commands]
    started = {part.part for part, _ in commands}
    unused = [(part, nothing) for part in job.each if part.part not in started]
    said = gates.joined([*((part, it.said) for part, it in ended), *unused])
    return GateRun(
        said=said if whole or any(it.early for _, it in ended) else _news(job, said),
        argv=gates.argv(commands),
        keep=partial(recording.seal, Path(job.recorded), key) if job.record else _nothing,
        watched=WatchedRun(logs=logs, unknown=unknown) if watch else None,
        broken=any(it.broken for _, it in ended),
    )


def prepare(job: Job) -> None:
    """Start mypy for the next warm run by this job: it waits with its own modules loaded."""
    disk.own_folder(Path(job.work))
    logs, library = Path(job.work) / "asked", Path(job.root) / state_paths.BOUNDARY
    commands, _ = watching.prepared(gates.commands("mypy", job), logs, library)
    # In several folders it runs one after the other, and each that waits takes memory.
    for _, command in commands if len(commands) == 1 else ():
        python, *words = command.argv
        if words[:2] == ["-m", "mypy"]:
            argv = (python, waiting.__file__, waiting.LOAD, "mypy.main", *words)
            process.prepare(command, msgspec.structs.replace(command, argv=argv, timeout=None))


class _Ended(msgspec.Struct, frozen=True):
    """What one command said; whether it ended early, and whether otherwise than it should."""

    said: ToolResult
    early: bool
    broken: bool


def _one(job: Job, gate: str, command: Command, show: Callable[[], None]) -> _Ended:
    """Run one command of a gate to its end."""
    done = process.run(command, show)
    if done.timed_out:
        message = f"{gate} ran longer than {command.timeout:g} s and was ended"
        return _Ended(ToolResult(status="error", message=message), early=True, broken=False)
    if gate == "diff-cover":
        # diff-cover writes its report to a file; its output is for people.
        data = disk.read(diff_cover.measured(job)) or b""
        done = msgspec.structs.replace(done, out=data.decode("utf-8"))
    said = gates.said(gate, job, done)
    # mypy ends with 2 for a syntax error, which has its place, and where it can't go on: then it
    # writes to stderr, or tells of a file of its cache, which has no line.
    odd = bool(done.err) or any(finding.line is None for finding in said.findings)
    broken = said.status == "error" or (done.code not in {0, 1} and odd)
    # mypy that ended early has not said the rest.
    return _Ended(said, early=done.code not in {0, 1}, broken=broken)


def _news(job: Job, said: ToolResult) -> ToolResult:
    """Return a result with the findings that are neither known nor about a file that we made."""
    lines = lru_cache(None)(partial(lines_of, Path(job.root)))
    found = [it for it in said.findings if not known.written_here(it.path or "", lines)]
    entries = known.decode(disk.read(Path(job.root) / known.FILE)).findings
    new = known.unknown(found, entries, lines) if entries else tuple(found)
    status = said.status if new or said.status != "red" else "green"
    count = len(found) - len(new)
    return msgspec.structs.replace(said, status=status, findings=new, known=count)


def lines_of(root: Path, path: str) -> tuple[str, ...]:
    """Return the lines of a file; none where it is gone or no text."""
    return tuple((disk.read(root / path) or b"").decode("utf-8", "replace").splitlines())


def seen(
    here: Project, gate: str, tree: Mapping[str, str], ran: WatchedRun, moved: tuple[str, ...]
) -> tuple[Observed, tuple[str, ...]]:
    """Return what a watched tool looked at, and which of it changed while it ran.

    ``moved`` are the files of the tree that changed: all that is known where nobody watched.
    """
    if ran.unknown:
        return Observed(unknown=ran.unknown), moved
    cache = mypy_cache.place(here.job("warm", gate, ()), mypy_state.configured(here.root))
    place = watching.Place(root=here.root, top=here.top, tree=tree, cache=cache)
    # mypy with its cache leaves out what it knows from the run that wrote that.
    earlier = watching.kept(here.root, gate) if gate == "mypy" and not ran.afresh else None
    began = (here.root / state_paths.BEGAN).stat().st_ctime_ns
    found, changed = watching.look(place, ran.logs, began, earlier)
    if found.unknown:
        return found, moved
    # A new file of code may be what the tool would have looked at a moment later.
    return found, tuple(sorted({*changed, *(path for path in moved if path not in tree)}))


def require(job: Job, tool: str) -> None:
    """Say how to install a tool that is missing."""
    # ruff may come as a program alone, without a distribution in this environment.
    if tool not in job.installed and not job.programs.get(tool):
        raise FirstTryError(f"{tool} is not installed; run: python -m pip install {tool}")


def _elapsed(title: str, name: str) -> Callable[[], None]:
    """Return a function that shows the seconds since now on the live line ``name``."""
    started = time.monotonic()

    def watch() -> None:
        CONSOLE.live(name, f"{title} {duration(time.monotonic() - started)}")

    return watch
