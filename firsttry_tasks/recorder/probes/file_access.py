"""Handlers of the audit events about files: what is opened, listed, changed or asked for."""

import os
from collections.abc import Callable

from firsttry_tasks.model.recording import GIT
from firsttry_tasks.recorder.probes.asking_code import AskingCode, quoting
from firsttry_tasks.recorder.probes.paths import PathResolver

#: Flags with which a file may be changed; ``O_CREAT`` alone makes one that was not there.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class FileAccess:
    """Notes files and folders; the audit probe calls a handler for each event about them.

    Paths come as the code gave them. Those that can't matter are left out (`paths`), those below
    the repository's root are noted relative to it, others as absolute paths.
    """

    def __init__(
        self, asking: AskingCode, paths: PathResolver, on_open: Callable[[str], None]
    ) -> None:
        """Call ``on_open`` with the path of each file of the project that is about to be opened."""
        # Bound once: handlers run for every file that anything opens, and each hop counts.
        self._note = asking.note
        self._excuse = asking.excuse
        self._importing = asking.importing
        self._where, self._is_git = paths.where, paths.is_git
        self._on_open = on_open
        self.handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._database,
            "os.rename": self._renamed,
            "os.utime": self._touched,
            "os.chmod": self._touched,
            "ctypes.dlopen": self._file,
        }

    def _open(self, path: object, mode: object, flags: object) -> None:
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            # Before the question which code asks: inotify has to know of every open by Python.
            self._on_open(found)
        if isinstance(flags, int) and flags & _WRITING and mode != "r":
            self._written(path)
        else:
            self._file(path)

    def _written(self, path: object, *_rest: object) -> None:
        """Note a file that may be changed: a run's own writes are no edits of the user."""
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            self._note("write", found)

    def _touched(self, path: object, *_rest: object) -> None:
        """Note a file whose times or rights are set, which looks like an edit afterwards, too."""
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            self._note("touch", found)

    def _renamed(self, _source: object, target: object, *_rest: object) -> None:
        self._written(target)

    def _database(self, path: object) -> None:
        # SQLite opens its file in C, without an audit event, and doesn't say whether it writes.
        self._file(path)
        self._written(path)

    def _file(self, path: object, *_rest: object) -> None:
        """Note a file that is read, other than as source by an import or for a warning."""
        found = self._where(path)
        if found is None:
            if self._is_git(path):
                self._note("read", GIT)
            return
        if found.endswith((".py", ".pyc")) and (self._importing() or quoting()):
            self._excuse("read", found)
        else:
            self._note("outside" if found.startswith("/") else "read", found)

    def _list(self, path: object = None, *_rest: object) -> None:
        """Note a folder of the project that is listed; ``None`` is the current one."""
        found = self._where("." if path is None else path)
        if found is None or found.startswith("/"):
            return
        if self._importing():
            self._excuse("list", found)
        else:
            self._note("list", found)
