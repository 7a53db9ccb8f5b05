"""Hash what stands in files, as git would hash their raw bytes, and remember it by their stamps."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
#: When a file was last written and last changed (ns), its size, and its number on the disk.
Stamps = tuple[int, int, int, int]
#: The memory between runs: the stamps of a file beside the blob that it had then.
Known = dict[str, tuple[Stamps, str]]

#: A file that changed less than this many nanoseconds before it was hashed is hashed again next
#: time: it may be written once more within one tick of its clock, and look the same. Two seconds
#: is the coarsest clock that file systems have (FAT).
RACY = 2_000_000_000
#: Larger files are read in pieces.
WHOLE = 1 << 20


class Settled(msgspec.Struct, frozen=True):
    """A tree whose files had all been at rest: the digest of its index, and what it had besides."""

    index: str
    entries: dict[str, str]


class Contents:
    """The blobs of files, of which most are remembered: a file with the stamps it had is not read.

    git's own rule of what is unchanged is not used. It can be told to look at less than all stamps
    (``core.trustctime``, ``core.checkStat``), or not to look at all (``assume-unchanged``).

    ``trees`` has, by its top, each tree of which the last look found all files at rest: whatever
    has still the stamps of that index is what it was then.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep the memory in ``folder``; remember nothing where there is no such folder."""
        self._places = (folder / "contents.json", folder / "trees.json") if folder else None
        self.trees = self._read(1, dict[str, Settled])
        #: What this look asked for.
        self._used: Known = {}
        self._fresh = self._skipped = False
        #: Whether a file may be written again within one tick of its clock.
        self.restless = False
        self._settled = time.time_ns() - RACY

    def _read(self, number: int, kind: type[dict[str, T]]) -> dict[str, T]:
        return (disk.read_own(self._places[number], kind) if self._places else None) or {}

    @cached_property
    def _known(self) -> Known:
        # Only where a file has to be asked for: ten thousand take ten milliseconds to read.
        return self._read(0, Known)

    def settled(self, top: str, index: str) -> dict[str, str] | None:
        """Return the entries that differed from this index, None if the tree was not at rest."""
        known = self.trees.get(top)
        if known is None or not index or known.index != index:
            return None
        self._skipped = True
        return known.entries

    def settle(self, top: str, index: str, entries: dict[str, str]) -> None:
        """Remember a tree, if all its files are at rest."""
        if index and not self.restless and len(_text(entries)) == len(entries):
            self.trees[top] = Settled(index, entries)
            self._fresh = True

    def blob(self, path: str, seen: os.stat_result) -> str | None:
        """Return the blob of the regular file at ``path``, None where it can't be read."""
        stamps = stamped(seen)
        old = self._known.get(path)
        if old is None or old[0] != stamps:
            blob = hashed(path)
            if blob is None or seen.st_ctime_ns > self._settled:
                self.restless = True
                return blob
            self._fresh = True
            old = stamps, blob
        self._used[path] = old
        return old[1]

    def keep(self) -> None:
        """Write the memory where anything was read anew."""
        if self._places is None or not self._fresh:
            return
        # Where trees were skipped, their files were not asked for and are still there.
        files = self._known | self._used if self._skipped else self._used
        try:
            for place, found in zip(self._places, (_text(files), _text(self.trees)), strict=True):
                disk.write_if_changed(place, msgspec.json.encode(found))
        except FirstTryError:
            # The memory only saves time: a full disk is told where something has to be written.
            return


def stamped(seen: os.stat_result) -> Stamps:
    """Return what changes whenever the file is written."""
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino


def hashed(path: str) -> str | None:
    """Return the blob of a regular file's raw bytes, None where it can't be read or is none."""
    try:
        # Not blocking: a FIFO that took the file's place would wait for somebody to write.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb", buffering=0) as stream:  # noqa: PTH123  a descriptor, not a path
        try:
            seen = os.fstat(handle)
            if not stat.S_ISREG(seen.st_mode):
                return None
            if seen.st_size <= WHOLE:
                return blob(stream.read())
            head = b"blob %d\0" % seen.st_size
            return hashlib.file_digest(stream, lambda: _sha1(head)).hexdigest()
        except OSError:
            return None


def blob(data: bytes) -> str:
    """Return git's hash of ``data``. It names content and protects nothing."""
    return _sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _sha1(data: bytes) -> hashlib._Hash:
    return hashlib.sha1(data, usedforsecurity=False)


def _text(found: dict[str, T]) -> dict[str, T]:
    """Leave out names that are no text, which JSON can't hold: these are hashed in each run."""
    try:
        "".join(found).encode()
    except UnicodeEncodeError:
        # Twice, because next to no tree has such names.
        odd = re.compile("[\ud800-\udfff]")
        return {name: it for name, it in found.items() if not odd.search(name)}
    return found
