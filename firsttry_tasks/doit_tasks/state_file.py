"""The file in which doit keeps its state: made anew where it can't be read."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidDodoFile

from firsttry_tasks.model import decoding, state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk
from firsttry_tasks.system.machine import HELD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Seconds to wait for another process that has the file locked. A judgement: doit itself writes for
#: some milliseconds.
WAIT = 5.0
#: SQLite's codes for a file that another process holds.
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
#: How many values doit keeps of a file that a task depends on: time, size and digest.
STAMP = 3


class StateError(InvalidDodoFile):  # type: ignore[misc]  # doit has no types
    """The state can't be used now; doit prints the sentence as one line, without a traceback."""


class StateFile:
    """The path of doit's state file, whose folder is made when doit opens the file.

    doit ends with exit code 3 where the folder is missing. To make it when the tasks are imported
    would leave a folder wherever an editor or a test imports them.
    """

    def __init__(self, place: Path) -> None:
        """Remember the place; nothing is made yet."""
        self._place = place

    def __fspath__(self) -> str:
        """Make folder and file fit to be opened; ":memory:" where nothing can be written."""
        place = self._ready()
        if place is None:
            return ":memory:"
        _mend(place)
        return os.fspath(place)

    def opened(self, name: str, kind: Callable[..., Any], **options: Any) -> Any:
        """Return doit's database of another kind than SQLite, in a file of its own."""
        place = self._ready()
        if place is None:
            raise StateError(f"Can't write {self._place.parent}. Check its permissions.")
        place = place.with_name(f"{place.name}.{name}")
        try:
            return kind(os.fspath(place), **options)
        # Each kind has errors of its own, and none says more than that it can't be read.
        except Exception:  # noqa: BLE001
            # Some kinds are several files, which begin alike.
            for file in place.parent.glob(f"{place.name}*"):
                disk.remove(file)
            _tell(place)
            return kind(os.fspath(place), **options)

    def _ready(self) -> Path | None:
        try:
            require_own_folders(Path.cwd())
        except FirstTryError as error:
            raise StateError(str(error)) from error
        # `doit list` must work where nothing can be written; a run will say what is wrong.
        if not disk.is_writable(self._place.parent):
            return None
        # doit keeps its file locked from the first failed task to the end, so a run that a task
        # starts has a file of its own.
        inside = os.environ.get(HELD) == str(Path.cwd() / state_paths.LOCK)
        return self._place.with_name("doit-inside.db") if inside else self._place


def require_own_folders(root: Path) -> None:
    """Raise FirstTryError where state, or a folder of reports, is a link, or can be no folder.

    Git carries links, and what they lead to is not FirstTry's to write or to remove.
    """
    # Three levels hold all that FirstTry names itself; below lies what tools leave in their work.
    found = [*disk.links(root / state_paths.STATE, 3), *disk.links(root / state_paths.ARTIFACTS, 0)]
    team = root / "ci"
    if team.is_symlink() and not team.resolve().is_relative_to(_top(root)):
        found.append(team)
    if found:
        raise FirstTryError(
            f"{found[0].relative_to(root)} is a link, and FirstTry would write and remove what it"
            " leads to. Put a folder or a file of its own there, or remove it, and run again."
        )
    shown = os.fsencode(root).decode("utf-8", "backslashreplace")
    if shown != str(root):
        # State is JSON, which has no way to say such a path.
        raise FirstTryError(
            f"The path of this checkout is no UTF-8: {shown}. Rename the folder, and run again."
        )
    for name in (state_paths.STATE, state_paths.ARTIFACTS):
        if (root / name).exists() and not (root / name).is_dir():
            raise FirstTryError(
                f"{name} is a file, and FirstTry needs a folder of that name. Move the file away,"
                " and run again."
            )


def _top(root: Path) -> Path:
    """Return the top of the repository, without asking git: this is looked at in each run."""
    real = root.resolve()
    return next((it for it in (real, *real.parents) if (it / ".git").exists()), real)


def _mend(place: Path) -> None:
    """Remove a state file that can't be read; StateError where another process holds it."""
    if not os.path.lexists(place):
        return
    try:
        with closing(sqlite3.connect(place, timeout=WAIT)) as db:
            # Without the table another run has only begun with the file, or a doit was killed then:
            # doit makes one that is missing.
            made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'doit'").fetchall()
            rows = db.execute("SELECT task_id, task_data FROM doit").fetchall() if made else ()
        _require_states(rows)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY:
            raise StateError(
                f"{place.parent.name}/{place.name} is locked by another process. Run again when"
                " that has ended."
            ) from error
        _anew(place)
    except decoding.UndecodableError:
        _anew(place)


def _anew(place: Path) -> None:
    # A run in which nothing is wrong does not pay for what the db's module imports.
    from firsttry_tasks.dependency_db import discard

    discard(place)
    _tell(place)


def _tell(place: Path) -> None:
    sys.stderr.write(f"{place.parent.name}/{place.name} can't be read and is made anew.\n")


def _require_states(rows: Iterable[tuple[object, object]]) -> None:
    """Raise UndecodableError where a task's state is not in the form that doit expects."""
    for _, text in rows:
        state = decoding.json(text if isinstance(text, str | bytes) else b"", dict[str, object])
        for name, value in state.items():
            fits = isinstance(value, list) and len(value) == STAMP
            if name == "deps:":
                fits = isinstance(value, list) and all(isinstance(it, str) for it in value)
            elif name.endswith(":"):
                fits = isinstance(value, dict if name == "_values_:" else str | dict | bool)
            if not fits:
                raise decoding.UndecodableError(f"{name} is {value!r:.40}")
