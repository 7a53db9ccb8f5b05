"""Makes observations of the logs that the C library wrote for each process of a recorded run."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from firsttry_tasks.model.recording import GIT, ObservationKind
from firsttry_tasks.recorder.boundary.elf import follows
from firsttry_tasks.recorder.probes.environ import is_of_session
from firsttry_tasks.recorder.probes.paths import PathResolver

BYTECODE = "/__pycache__/"
ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
#: Variables of the interpreter, the linker and the recorder itself.
OWN = ("PYTHON", "LD_", "FIRSTTRY_", "PYTEST_", "COVERAGE_", "TESTMON_")
#: What pytest reads its configuration from, before any plugin is there to hear of it. The parts
#: that concern pytest are compared by themselves, so that a tool's section selects no test.
CONFIGURATION = frozenset(
    {"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini",
     "setup.cfg", "setup.py"}
)  # fmt: skip

Seen = tuple[ObservationKind, str]


class Line(NamedTuple):
    """One line of a log (see ``system/boundary/boundary.c``)."""

    kind: str
    number: int
    scope: int
    path: str


class ProcessLog(NamedTuple):
    """What one process asked for, in order."""

    process: int
    lines: tuple[Line, ...]

    @property
    def parent(self) -> int:
        """The process that started or forked it, 0 for one that was there before."""
        return next((it.number for it in self.lines if it.kind in "pq"), 0)


def read(folder: Path) -> Iterator[ProcessLog]:
    """Yield the log of each process."""
    for path in sorted(folder.glob("[0-9]*")):
        data = path.read_bytes().decode("utf-8", "surrogateescape")
        # Where a process was killed while it wrote, the last line has no end.
        yield ProcessLog(int(path.name), tuple(map(_line, data.split("\0")[:-1])))


def _line(text: str) -> Line:
    head, scope, path = text.split(" ", 2)
    return Line(head[0], int(head[1:]), int(scope), path)


class Reader:
    """Tells what lines of a log come to, for one repository."""

    def __init__(self, root: str, paths: PathResolver) -> None:
        """Take the root with links resolved, and what places paths in the repository."""
        self._git = os.path.join(root, ".git", "")  # noqa: PTH118
        self._where: Callable[[object], str | None] = paths.where

    def asks_git(self, line: Line) -> bool:
        """Tell whether git's own files are read: its answer rests on which files there are."""
        return line.kind == "f" and line.path.startswith(self._git)

    def seen(self, line: Line) -> Iterator[Seen]:
        """Yield the observations that a line comes to; most lines come to one or to none."""
        if line.kind == "u":
            yield "untraceable", f"{line.path} can't be followed"
        elif line.kind == "x":
            # One that is not there was not started: shells and Python try each folder of PATH.
            if Path(line.path).is_file() and not follows(Path(line.path)):
                yield "untraceable", f"{line.path}, which nothing can be preloaded into"
            else:
                yield from self._looked("read", line)
        elif line.kind == "v":
            if not line.path.startswith(OWN) and not is_of_session(line.path):
                yield "env", line.path
        elif line.kind in "fskl":
            yield from self._looked(_KINDS[line.kind], line)
        elif line.kind in "wm" and not line.number:
            place = self._where(line.path)
            if place is not None and not place.startswith("/") and BYTECODE not in line.path:
                yield "write", place

    def _looked(self, kind: ObservationKind, line: Line) -> Iterator[Seen]:
        path = line.path
        if BYTECODE in path:
            # To read what was compiled is to read what it was compiled from.
            folder, _, name = path.rpartition(BYTECODE)
            path = f"{folder}/{name.partition('.')[0]}.py"
        # What leads up may stand behind a link.
        place = self._where(os.path.realpath(path) if "/../" in f"{path}/" else path)
        if place is None:
            if self.asks_git(line):
                yield kind, GIT
            return
        if not place.startswith("/"):
            yield kind, place
        elif kind == "read" or (kind == "probed" and line.number in ABSENT):
            yield "outside", place


_KINDS: dict[str, ObservationKind] = {"f": "read", "s": "probed", "k": "probed", "l": "list"}
