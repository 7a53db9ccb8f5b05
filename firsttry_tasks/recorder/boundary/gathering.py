"""Puts what the C library saw to the scopes that it belongs to, when the tests are over."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from firsttry_tasks.model.recording import GIT, ObservationKind
from firsttry_tasks.recorder.boundary.logs import (
    BYTECODE,
    CONFIGURATION,
    Line,
    ProcessLog,
    Reader,
    Seen,
    read,
)
from firsttry_tasks.recorder.probes.paths import PathResolver
from firsttry_tasks.recorder.replaced.environment import ALL
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope, Owner

#: Where what the process itself asks the C library of its environment is the project's asking, as
#: far as one can tell. Elsewhere it is the interpreter's, pytest's and any library's own: readline
#: asks for the terminal, OpenSSL for its configuration, each on import and differently on every
#: machine. What is asked in Python is known from there, with the code that asked.
ASKING = frozenset({"test", "fixture"})
#: What the folder of a process's logs begins with; the process that records follows.
LOGS = "boundary-"


class Gathering:
    """Reads the logs of the process that records, and of those that it started."""

    def __init__(self, attribution: Attribution, folder: Path) -> None:
        """Write to this attribution; ``folder`` holds what all processes of the run wrote."""
        self._attribution = attribution
        self._reader = Reader(attribution.root, PathResolver(attribution))
        self._spool = folder
        self.folder = folder / f"{LOGS}{os.getpid()}"

    def early(self, folder: Path) -> None:
        """Put to the start what this process read before anything listened to it."""
        log = next((it for it in read(folder) if it.process == os.getpid()), None)
        for line in log.lines if log else ():
            for kind, name in self._reader.seen(line) if line.kind in "fu" else ():
                # Modules that were imported before count as a whole.
                known = name.endswith((".py", ".pyc")) or name in CONFIGURATION
                if not known and kind != "outside" and BYTECODE not in line.path:
                    self._attribution.add_to(self._attribution.stack[0], kind, name)

    def moved(self, early: Path, since: int) -> bool:
        """Tell whether anything that this process has looked at came, went or changed meanwhile.

        ``since`` is a time of the file system, in nanoseconds, at which it had not yet begun.
        """
        logs = (it for folder in (early, self.folder) for it in read(folder))
        lines = {it for log in logs if log.process == os.getpid() for it in log.lines}
        paths = (it for it in lines if it.path.startswith(os.sep))
        # Before a test begins, what git knows is no matter.
        looked = {
            (it.path, it.number)
            for it in paths
            if any(name != GIT for _, name in self._reader.seen(it))
        }
        listed = {
            (os.path.join(self._attribution.root, name), 0)  # noqa: PTH118
            for kind, name in self._attribution.observations
            if kind == "list"
        }
        return any(_moved(*it, since) for it in looked) or any(
            _moved(*it, since, folder=True) for it in listed
        )

    def gather(
        self, excused: Mapping[int, AbstractSet[Seen]], left_out: AbstractSet[int]
    ) -> frozenset[int]:
        """Put all that was seen to its scopes; return the processes that were followed.

        ``excused`` are the Python children that tell themselves what they looked at, each with
        what of it counts for nothing. ``left_out`` are processes of no concern.
        """
        logs = {log.process: log for log in read(self.folder)}
        own = {int(it.name.removeprefix(LOGS)) for it in self._spool.glob(f"{LOGS}*")}
        for process, log in logs.items():
            if process == os.getpid():
                self._own(log)
            # A worker of pytest-xdist has logs of its own, from the moment when it records.
            elif process not in own and not self._below(log, logs, left_out):
                self._child(log, excused.get(process))
        return frozenset(logs)

    def _below(
        self, log: ProcessLog | None, logs: Mapping[int, ProcessLog], processes: AbstractSet[int]
    ) -> bool:
        """Tell whether a process is one of these, or was started by one."""
        seen: set[int] = set()
        while log is not None and log.process not in seen:
            if log.process in processes:
                return True
            seen.add(log.process)
            log = logs.get(log.parent)
        return False

    def _own(self, log: ProcessLog) -> None:
        """Take in what this process asked for past Python, or that Python announces nowhere."""
        for line in log.lines:
            owner = self._owner(line)
            scope = owner.scope
            # What Python opens it announces, and imports are followed by what they ran.
            if self._reader.asks_git(line) and scope.kind in ASKING:
                # A library that does git's work, or Python code, which notes the same.
                self._attribution.add_to(scope, "untraceable", "what git knows")
            if BYTECODE not in line.path:
                seen = (it for it in self._reader.seen(line) if it not in scope.excused)
                self._add(owner, (it for it in seen if _is_the_project_s(it[0], scope)))

    def _child(self, log: ProcessLog, excused: AbstractSet[Seen] | None) -> None:
        failed = {it.path for it in log.lines if it.kind == "x" and it.number}
        lasting = self._attribution.lasting.get(log.process)
        for line in log.lines:
            if line.kind != "x" or line.path not in failed:
                seen = tuple(self._of_child(line, excused))
                self._add(self._owner(line), seen)
                if lasting:
                    self._add(Owner(lasting), seen)

    def _of_child(self, line: Line, excused: AbstractSet[Seen] | None) -> Iterator[Seen]:
        """Yield what a line of a child comes to; ``excused`` is None where it is no Python."""
        if line.kind == "p" and excused is None:
            # It inherits the environment, and need not ask the C library for a variable.
            yield "env", ALL
        if self._reader.asks_git(line):
            yield "untraceable", "what git knows"
        for kind, name in self._reader.seen(line):
            if excused is None:
                # What asks of source for its size or times may tell them.
                source = kind == "probed" and name.endswith(".py")
                yield "read" if source else kind, name
            # The import system of Python is followed, and looks also where nothing is the
            # project's.
            elif (kind, name) not in excused and not (line.kind in "sk" and kind == "outside"):
                yield kind, name

    def _owner(self, line: Line) -> Owner:
        """Return what was open when a line of a log was written."""
        owners = self._attribution.owners
        found = 0 < line.scope <= len(owners)
        return owners[line.scope - 1] if found else Owner(self._attribution.scopes["start", ""])

    def _add(self, owner: Owner, seen: Iterable[Seen]) -> None:
        for kind, name in seen:
            self._attribution.add_of(owner, kind, name)


def _is_the_project_s(kind: ObservationKind, scope: OpenScope) -> bool:
    """Tell whether a result rests on what was asked for, and not only the process."""
    return kind != "outside" and (kind != "env" or scope.kind in ASKING)


def _moved(path: str, error: int, since: int, *, folder: bool = False) -> bool:
    """Tell whether what was found at a path, or not found, is another since a time."""
    try:
        seen = os.stat(path)  # noqa: PTH116  one for each path that a start looks at
    except OSError:
        return not error
    # What lies in a folder was asked for by name.
    return (folder or not stat.S_ISDIR(seen.st_mode)) and seen.st_ctime_ns >= since
