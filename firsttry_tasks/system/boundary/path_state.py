"""Tell what stands at a path, as a short text that is equal exactly where that is the same."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from firsttry_tasks.model.observed import PathState
from firsttry_tasks.system import disk, file_state
from firsttry_tasks.system.working_tree import is_own

#: What stands for a path where there is nothing.
ABSENT = "absent"
#: Nanoseconds in which two writes may leave one file with equal times. The kernel's clock for files
#: ticks every 4 to 10 ms, and some file systems keep whole or even seconds.
TICK, COARSE = 100_000_000, 2_000_000_000
SECOND = 1_000_000_000


def now(name: str, known: PathState | None = None) -> PathState:
    """Return the state of ``<kind> <absolute path>`` (see gates/observed.py).

    ``known`` is what was seen there earlier: it spares reading where the stamp is the same.
    """
    kind, _, path = name.partition(" ")
    try:
        seen = os.lstat(path) if kind == "link" else os.stat(path)  # noqa: PTH116  the fast path
    except (FileNotFoundError, NotADirectoryError):
        return PathState(ABSENT)
    except OSError as error:
        return PathState(f"error {error.errno}")
    stamps = (seen.st_mtime_ns, seen.st_size, seen.st_ctime_ns, seen.st_ino, seen.st_mode)
    if known is not None and known.stamp == stamps:
        return known
    return PathState(_text(kind, path, seen), () if _lately(seen) else stamps)


def stamp(path: str) -> tuple[int, ...]:
    """Return when a file was written and its size, as mypy compares them; () where it is gone."""
    try:
        seen = os.stat(path)  # noqa: PTH116  the fast path
    except OSError:
        return ()
    return (seen.st_mtime_ns, seen.st_size)


def _lately(seen: os.stat_result) -> bool:
    # A second write within the clock's tick would leave the same times: git calls this "racy".
    newest = max(seen.st_mtime_ns, seen.st_ctime_ns)
    return newest > time.time_ns() - (TICK if newest % SECOND else COARSE)


def _text(kind: str, path: str, seen: os.stat_result) -> str:
    try:
        if stat.S_ISDIR(seen.st_mode):
            return _names(path) if kind == "list" else "folder"
        if stat.S_ISLNK(seen.st_mode):
            return f"-> {os.readlink(path)}"  # noqa: PTH115  the fast path
    except OSError as error:
        return f"error {error.errno}"
    if not stat.S_ISREG(seen.st_mode):
        return "no regular file"
    mode = f"{stat.S_IMODE(seen.st_mode):o}"
    if seen.st_size > file_state.LARGEST:
        return f"{mode} {seen.st_size} {seen.st_mtime_ns} {seen.st_ino}"
    return f"{mode} {file_state.content(Path(path))}"


def _names(path: str) -> str:
    """Return a digest of the names in a folder, each with what kind of thing it is."""
    with os.scandir(path) as entries:
        found = sorted(_entry(entry) for entry in entries if not _tools_own(path, entry.name))
    return disk.digest("\0".join(found).encode("utf-8", "surrogateescape"))[:16]


def _tools_own(folder: str, name: str) -> bool:
    # With no more than one folder before it: the project may lie in one that has a tool's name.
    return is_own(f"{name}/") or is_own(f"{os.path.basename(folder)}/{name}")  # noqa: PTH119


def _entry(entry: os.DirEntry[str]) -> str:
    kind = "link" if entry.is_symlink() else "folder" if entry.is_dir() else "file"
    return f"{entry.name} {kind}"


def written_since(name: str, moment: int, root: str) -> bool:
    """Tell whether a path was written at ``moment`` (nanoseconds) or later.

    A folder of the project at ``root`` counts as written where a file below it was.
    """
    kind, _, path = name.partition(" ")
    try:
        seen = os.lstat(path) if kind == "link" else os.stat(path)  # noqa: PTH116
        # Not mtime, which programs set as they like.
        late = seen.st_ctime_ns >= moment
        if kind != "list":
            return late and not stat.S_ISDIR(seen.st_mode)
        return late and _entered_since(path, moment, deep=f"{path}/".startswith(f"{root}/"))
    except OSError:
        return False


def _entered_since(path: str, moment: int, *, deep: bool) -> bool:
    """Tell whether a file in a folder, but for the tools' own, was written since.

    The folder's own time does not say that: a tool that makes its cache there changes it, too.
    ``deep`` looks below it as well. Outside of the project, where a search path may name a home
    folder, that would find what others write.
    """
    with os.scandir(path) as entries:
        for entry in entries:
            late = entry.stat(follow_symlinks=False).st_ctime_ns >= moment
            if late and not _tools_own(path, entry.name) and entry.name != ".git":
                below = entry.is_dir(follow_symlinks=False)
                if not below or (deep and _entered_since(entry.path, moment, deep=True)):
                    return True
    return False
