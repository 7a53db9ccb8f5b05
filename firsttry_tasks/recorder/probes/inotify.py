"""Notes files that libraries in C open, of which Python knows nothing (inotify, Linux only).

The kernel tells which files are opened in a folder, whichever process opens them. Left out is
what Python itself opens: in this process, which an audit event announces, and in other workers of
xdist, each of which keeps a log of it beside the records.
"""

import contextlib
import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from firsttry_tasks.recorder.probes.child.own_file import OwnFile
from firsttry_tasks.recorder.tracing.attribution import Attribution

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter can be built without it
    ctypes = None

#: Endings of files that the other gates, git and editors open while tests run, beside hidden files.
#: They are left out, because the kernel doesn't say which process opened a file.
TOOLS = (".py", ".pyi", ".pyc", ".ipynb", ".toml", ".ini", ".cfg", "py.typed")
#: IN_OPEN, IN_ISDIR and IN_Q_OVERFLOW of <sys/inotify.h>.
_OPENED, _FOLDER, _OVERFLOW = 0x20, 0x40000000, 0x4000
#: The head of a struct inotify_event: watch, mask, cookie, length of the name that follows.
_EVENT = struct.Struct("iIII")
#: Bytes that are read from the queue at once; an event takes 16 to 272. A judgement: larger reads
#: save few system calls.
_SIZE = 1 << 16
#: After so many opens by Python the queue is emptied, so that it can't overflow within a test: the
#: kernel keeps 16,384 events (fs.inotify.max_queued_events), and one open may cause some more.
_OFTEN = 1024
_SUFFIX = ".opens"


class _System(NamedTuple):
    """The functions by which the system is asked, as they were before any test ran."""

    read: Callable[[int, int], bytes]
    fstat: Callable[[int], os.stat_result]
    scandir: Callable[..., Any]
    open: Callable[..., Any]


class InotifyProbe:
    """Puts files that were opened past Python to the innermost scope.

    It does nothing where the kernel can't be asked. A folder that the kernel refuses to watch is
    an observation of its own: every test may rest on what lies there.
    """

    def __init__(self, attribution: Attribution, folders: Iterable[str], spool: Path) -> None:
        """Watch these folders, relative to the root; ``spool`` is where the workers' logs lie."""
        self.attribution = attribution
        self._folders = folders
        self._spool = spool
        self._queue = -1
        #: Device and inode of the queue, to notice that its number leads elsewhere.
        self._mark: tuple[int, int] | None = None
        #: The folder of each watch, as a prefix of what lies in it.
        self._names: dict[int, str] = {}
        #: What any process opened since the last time, and what Python did in this process.
        self._heard: set[str] = set()
        self._known: set[str] = set()
        self._times = 0
        self._log: OwnFile | None = None
        #: How many bytes of each other worker's log are read.
        self._read: dict[str, int] = {}
        #: What other workers opened by Python: since the last time, and in the time before that.
        self._others: tuple[set[str], set[str]] = set(), set()
        self._pid = os.getpid()
        self._started = False
        # Libraries put others in their place: pyfakefs to pretend files, eventlet to wait for them.
        self._os = _System(os.read, os.fstat, os.scandir, open)

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
            # A folder that is gone since the manifest was made holds nothing to depend on. Other
            # errors say that as many folders are watched as may be, or that there is no queue.
            elif ctypes.get_errno() != errno.ENOENT:
                self.attribution.add_to(self.attribution.stack[0], "unwatched", folder or ".")
        if self._queue < 0:
            return
        self._mark = self._identity()
        # Without other workers nothing would read the log.
        if "PYTEST_XDIST_WORKER" in os.environ:
            self._log = OwnFile(str(self._spool / f"{self._pid}{_SUFFIX}"))

    def end(self) -> None:
        """Stop to watch."""
        # A test may have closed it, and opened another file under its number.
        if self._queue >= 0 and self._identity() == self._mark:
            os.close(self._queue)
        if self._log is not None:
            self._log.close()
        self._queue, self._log = -1, None

    def known(self, path: str) -> None:
        """Hear that Python is about to open a file of the project."""
        if self._queue < 0 or path.endswith(TOOLS):
            return
        self._known.add(path)
        self._times += 1
        # A forked child shares the queue: what it takes out, its parent would never hear of.
        if self._times % _OFTEN == 0 and os.getpid() == self._pid:
            self._heard.update(self._events())
        if self._log is not None:
            self._log.append(f"{path}\n".encode("utf-8", "surrogateescape"))

    def drain(self) -> None:
        """Put what was opened past Python to the innermost scope."""
        if self._queue < 0 or os.getpid() != self._pid:
            return
        self._heard.update(self._events())
        found = self._heard - self._known
        self._heard.clear()
        self._known.clear()
        # Between tests nothing of the project opens files, but other programs may, and it would
        # count for every test. Before the first collector, plugins and conftests are loaded.
        self._started = self._started or self.attribution.top.kind == "collect"
        idle = self._started and self.attribution.top.kind == "start"
        if found and not idle:
            for path in found - self._by_others():
                self.attribution.add("read", path)

    def _events(self) -> Iterator[str]:
        """Yield the files that any process opened since the last time."""
        if self._identity() != self._mark:
            # A test closed it, and the number may be another file's now, which the tests read.
            self._queue = -1
            self.attribution.add("untraceable", "what watches for opened files was closed")
            return
        # That the queue is empty is told by this error.
        with contextlib.suppress(BlockingIOError):
            while True:
                yield from self._parsed(self._os.read(self._queue, _SIZE))

    def _parsed(self, data: bytes) -> Iterator[str]:
        """Yield the files of which the kernel tells in ``data``, relative to the root."""
        at = 0
        while at < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            # The name is padded with NULs up to the next event.
            name = os.fsdecode(data[at : at + length].rstrip(b"\0"))
            at += length
            if mask & _OVERFLOW:
                self.attribution.add("untraceable", "more files were opened than the kernel keeps")
            elif not (mask & _FOLDER or name.startswith(".") or name.endswith(TOOLS)):
                yield self._names.get(number, "") + name

    def _by_others(self) -> set[str]:
        """Return what other workers opened by Python since the last two times this was asked.

        Twice, because a log is written before the file is opened, and the open may be heard later.
        """
        if self._log is None:
            return set()
        fresh: set[str] = set()
        for entry in self._os.scandir(str(self._spool)):
            if entry.name.endswith(_SUFFIX) and entry.name != f"{self._pid}{_SUFFIX}":
                with self._os.open(entry.path, "rb") as stream:
                    stream.seek(self._read.get(entry.name, 0))
                    data = stream.read()
                # The last line may not be written to its end yet.
                whole = data[: data.rfind(b"\n") + 1]
                self._read[entry.name] = self._read.get(entry.name, 0) + len(whole)
                fresh |= set(whole.decode("utf-8", "surrogateescape").splitlines())
        self._others = fresh, self._others[0]
        return self._others[0] | self._others[1]

    def _identity(self) -> tuple[int, int] | None:
        """Return device and inode of what the queue's number leads to, None if it is closed."""
        try:
            found = self._os.fstat(self._queue)
        except OSError:
            return None
        return found.st_dev, found.st_ino
