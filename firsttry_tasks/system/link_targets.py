"""Tell what links lead to, within bounds: files, folders outside of the repository, or nothing."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from firsttry_tasks.model.entries import ENDLESS, OUTSIDE
from firsttry_tasks.system import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.system.contents import Contents

#: What kinds of files are that have no content to read; opened, they could wait for ever.
KINDS = {
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
#: Bytes that are read behind one link; what is more is known by its stamps alone. At a disk's
#: usual speed these take half a second, once. A judgement.
READ = 1 << 28
#: Files that are looked at behind all links of a tree, and seconds: a link to the machine's root
#: must not stop a run. Judgements; a stamp takes some microseconds, on a network some hundreds.
FILES, SECONDS = 20_000, 5.0
#: A path below a folder, by the folder's path, and what stands there.
Inside = list[tuple[str, str, os.stat_result]]


class LinkTargets:
    """What the links of one tree lead to; a folder that several lead to is walked once."""

    def __init__(self, top: str, known: Contents, *, files: int = FILES, read: int = READ) -> None:
        """Follow the links of the tree at ``top``, whose path has no link in it.

        ``files`` are looked at behind all links, and ``read`` bytes are read behind each.
        """
        self._top = top
        self._known = known
        self._left, self._read = files, read
        self._until = time.monotonic() + SECONDS
        self._folders: dict[str, str] = {}

    def behind(self, link: str) -> str:
        """Return what tells versions of the link's target apart, "" for a target that needs none.

        ENDLESS stands for a folder of which that can't be said.
        """
        try:
            seen = os.stat(link)  # noqa: PTH116  a string: the path need not be text
        except PermissionError:
            # That a folder on the way can't be entered is an answer too, and it can change.
            return "closed"
        except OSError:
            # It leads to nothing, or to itself.
            return ""
        real = os.path.realpath(link)
        inside = f"{real}/".startswith(f"{self._top}/")
        if not stat.S_ISDIR(seen.st_mode):
            return self._file(real, seen) + ("" if inside else OUTSIDE)
        # A folder inside the repository has its files in git's list already.
        return "" if inside else self._folder(real)

    def _file(self, path: str, seen: os.stat_result) -> str:
        if not stat.S_ISREG(seen.st_mode):
            return KINDS.get(stat.S_IFMT(seen.st_mode), "special")
        if seen.st_size > self._read:
            return stamp(seen)
        return self._known.blob(path, seen) or stamp(seen)

    def _folder(self, real: str) -> str:
        if real not in self._folders:
            self._folders[real] = self._listed(real)
        return self._folders[real]

    def _listed(self, real: str) -> str:
        """Return a digest of all that lies below a folder, or ENDLESS."""
        found: Inside = []
        for one in _walk(real):
            self._left -= 1
            if self._left < 0 or time.monotonic() > self._until:
                return ENDLESS
            found.append(one)
        # By the sum, so that the answer does not depend on which of them are remembered.
        small = sum(seen.st_size for _, _, seen in found) <= self._read
        lines = (f"{name}\0{self._inside(path, seen, small=small)}\0" for name, path, seen in found)
        return contents.blob("".join(lines).encode("utf-8", "surrogateescape")) + OUTSIDE

    def _inside(self, path: str, seen: os.stat_result, *, small: bool) -> str:
        if not stat.S_ISLNK(seen.st_mode):
            return self._file(path, seen) if small else stamp(seen)
        try:
            # One step only: what lies behind a link to a folder may lead back here.
            return link_text(path) + self._file(path, os.stat(path))  # noqa: PTH116
        except OSError:
            return "gone"


def stamp(seen: os.stat_result) -> str:
    """Return what stands for the content of a file that is not read."""
    return "~" + contents.blob(repr(contents.stamped(seen)).encode("ascii"))


def link_text(path: str) -> str:
    """Return the blob of a link's own text, as git has it."""
    return contents.blob(os.fsencode(os.readlink(path)))  # noqa: PTH115


def _walk(top: str) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield what lies below a folder, sorted in each folder; what can't be listed is empty."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            if entry.name == "__pycache__":
                continue
            try:
                seen = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(seen.st_mode):
                waiting.append(entry.path)
            else:
                yield os.path.relpath(entry.path, top), entry.path, seen
