"""Files that are opened past Python, as libraries in C do: the kernel tells (inotify, Linux only).

It tells of everybody's opens. What Python itself opened is heard as an audit event, and what
another worker of xdist opened so stands in a log that each of them keeps beside the records.
"""

import contextlib
import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from firsttry_tasks.recorder.tracing.attribution import Attribution

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter can be built without it
    ctypes = None

#: What the other gates, git and editors open while tests run, beside hidden files.
TOOLS = (".py", ".pyi", ".pyc", ".ipynb", ".toml", ".ini", ".cfg", "py.typed")
_OPENED, _FOLDER, _OVERFLOW = 0x20, 0x40000000, 0x4000  # masks, of <sys/inotify.h>
_EVENT = struct.Struct("iIII")
_SIZE = 1 << 16
_OFTEN = 1024  # opens by Python after which the queue is emptied, as the kernel keeps few
_SUFFIX = ".opens"


class _System(NamedTuple):
    """What the system is asked by."""

    read: Callable[[int, int], bytes]
    write: Callable[[int, bytes], int]
    fstat: Callable[[int], os.stat_result]
    scandir: Callable[..., Any]
    open: Callable[..., Any]


class InotifyProbe:
    """Puts what was opened to the innermost scope; inert where the kernel can't be asked.

    A folder that the kernel refuses to watch is an observation: every test may rest on what lies
    there.
    """

    def __init__(self, attribution: Attribution, folders: Iterable[str], spool: Path) -> None:
        """Watch these folders of the project; ``spool`` is where the workers' logs lie."""
        self.attribution = attribution
        self._folders = folders
        self._spool = spool
        self._queue = -1
        self._mark: tuple[int, int] | None = None
        self._names: dict[int, str] = {}
        self._heard: set[str] = set()  # what anybody opened since the last time
        self._known: set[str] = set()  # what Python did
        self._times = 0
        self._log: int | None = None
        self._read: dict[str, int] = {}  # how far the other workers' logs are read
        self._others: tuple[set[str], set[str]] = set(), set()  # theirs, lately and before
        self._pid = os.getpid()
        self._started = False
        # Libraries put others in their place: for pretended files, or to wait for ours.
        self._os = _System(os.read, os.write, os.fstat, os.scandir, open)

    def begin(self) -> None:
        """Begin to watch."""
        library: Any = ctypes and ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "inotify_init1"):
            return
        self._queue = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for folder in self._folders:
            place = os.path.join(self.attribution.root, folder)  # noqa: PTH118
            number = library.inotify_add_watch(self._queue, os.fsencode(place), _OPENED)
            if number >= 0:
                self._names[number] = f"{folder}/" if folder else ""
            elif ctypes.get_errno() != errno.ENOENT:  # as many are watched as may be
                self.attribution.add_to(self.attribution.stack[0], "unwatched", folder or ".")
        if self._queue < 0:
            return
        self._mark = self._identity()
        if "PYTEST_XDIST_WORKER" in os.environ:
            log = self._spool / f"{self._pid}{_SUFFIX}"
            self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def end(self) -> None:
        """Stop to watch."""
        for number in (self._queue, self._log):
            if number is not None and number >= 0:
                with contextlib.suppress(OSError):
                    os.close(number)
        self._queue, self._log = -1, None

    def known(self, path: str) -> None:
        """Hear that Python is about to open a file of the project."""
        if self._queue < 0 or path.endswith(TOOLS):
            return
        self._known.add(path)
        self._times += 1
        if self._times % _OFTEN == 0 and os.getpid() == self._pid:
            self._heard.update(self._events())
        if self._log is not None:
            self._os.write(self._log, f"{path}\n".encode("utf-8", "surrogateescape"))

    def drain(self) -> None:
        """Put what was opened past Python to the innermost scope."""
        if self._queue < 0 or os.getpid() != self._pid:
            return
        self._heard.update(self._events())
        found = self._heard - self._known
        self._heard.clear()
        self._known.clear()
        # Between tests nothing of the project opens files, but others may.
        self._started = self._started or self.attribution.top.kind == "collect"
        idle = self._started and self.attribution.top.kind == "start"
        if found and not idle:
            for path in found - self._by_others():
                self.attribution.add("read", path)

    def _events(self) -> Iterator[str]:
        """Yield the files that anybody opened since the last time."""
        if self._identity() != self._mark:
            self._queue = -1  # somebody closed it, and the number may be another file's
            self.attribution.add("untraceable", "what watches for opened files was closed")
            return
        with contextlib.suppress(BlockingIOError):
            while True:
                yield from self._parsed(self._os.read(self._queue, _SIZE))

    def _parsed(self, data: bytes) -> Iterator[str]:
        at = 0
        while at < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            name = os.fsdecode(data[at : at + length].rstrip(b"\0"))
            at += length
            if mask & _OVERFLOW:
                self.attribution.add("untraceable", "more files were opened than the kernel keeps")
            elif not (mask & _FOLDER or name.startswith(".") or name.endswith(TOOLS)):
                yield self._names.get(number, "") + name

    def _by_others(self) -> set[str]:
        """Return what other workers opened by Python since the last two times that we asked."""
        if self._log is None:
            return set()
        fresh: set[str] = set()
        for entry in self._os.scandir(str(self._spool)):
            if entry.name.endswith(_SUFFIX) and entry.name != f"{self._pid}{_SUFFIX}":
                with self._os.open(entry.path, "rb") as stream:
                    stream.seek(self._read.get(entry.name, 0))
                    data = stream.read()
                whole = data[: data.rfind(b"\n") + 1]
                self._read[entry.name] = self._read.get(entry.name, 0) + len(whole)
                fresh |= set(whole.decode("utf-8", "surrogateescape").splitlines())
        self._others = fresh, self._others[0]
        return self._others[0] | self._others[1]

    def _identity(self) -> tuple[int, int] | None:
        """Return what the queue's number leads to."""
        try:
            found = self._os.fstat(self._queue)
        except OSError:
            return None
        return found.st_dev, found.st_ino
