"""Keeps git's objects in a folder that many trees share, as git itself would read them.

A worker that has laid out one tree lacks little of the next. The folder is an ordinary one of loose
objects, so the repository of a tree at a worker reads them where they are.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import zlib
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk
from firsttry_tasks.system.contents import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Bytes of one message between a client and a worker. A judgement: large enough for the round trip
#: not to count, and small enough that a scheduler can hold one for each of a hundred workers.
CHUNK = 4 << 20
#: Bytes that the folder may take before objects go that no tree has asked for lately.
MOST = 2 << 30
#: Seconds after which an object that was not asked for may go: no run takes longer.
LATELY = 86_400.0
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

#: One piece of an object as it is packed: its name, where the piece belongs, the piece, and whether
#: it is the last.
Piece = tuple[str, int, bytes, bool]


class Objects:
    """One folder of loose objects; sha1 and sha256 each have theirs."""

    def __init__(self, folder: Path) -> None:
        """Make nothing yet."""
        self._folder = folder

    def folder(self, length: int) -> Path:
        """Return git's folder of the objects whose names have so many digits."""
        return self._folder / ("sha1" if length == 40 else "sha256")  # noqa: PLR2004  git's own

    def _place(self, name: str) -> Path:
        # Names come from elsewhere, and a path is made of them.
        if not _ID.fullmatch(name):
            raise FirstTryError(f"{name!r:.80} is no name of an object.")
        return self.folder(len(name)) / name[:2] / name[2:]

    def lacking(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the objects that are not here; the others are not forgotten for a day."""
        return tuple(name for name in names if not _touched(self._place(name)))

    def take(self, pieces: Iterable[Piece]) -> None:
        """Add pieces of objects, in the order in which ``packed`` made them."""
        for name, offset, data, last in pieces:
            place = self._place(name)
            # By the process: two workers of one machine may be given the same object.
            part = place.with_name(f"{place.name}.{os.getpid()}.part")
            try:
                _add(part, offset, data)
                if last:
                    # Most objects are one piece, and are not read again to be proved.
                    _prove(name, part, data if not offset else None)
            except OSError as error:
                disk.remove(part)
                raise disk.io_error("write", part, error) from error
            if last:
                disk.move(part, place)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the content of a blob in pieces; FirstTryError where it is not here."""
        try:
            with self._place(name).open("rb") as stream:
                pieces = _unpacked(iter(lambda: stream.read(WHOLE), b""))
                _head, _, rest = next(pieces).partition(b"\0")
                yield rest
                yield from pieces
        except (OSError, StopIteration, zlib.error) as error:
            raise FirstTryError(f"The object {name} can't be read: {error}.") from error

    def prune(self, most: int = MOST) -> None:
        """Remove objects that were not asked for lately, where all take over ``most`` bytes."""
        found = []
        for path in self._folder.glob("*/??/*"):
            seen = path.stat()
            found.append((seen.st_mtime, seen.st_size, path))
        over = sum(size for _, size, _ in found) - most
        for mtime, size, path in sorted(found):
            if over <= 0 or time.time() - mtime < LATELY:
                return
            disk.remove(path)
            over -= size


def _touched(place: Path) -> bool:
    try:
        os.utime(place)
    except OSError:
        return False
    return True


def _add(part: Path, offset: int, data: bytes) -> None:
    try:
        stream = part.open("r+b" if offset else "wb")
    except FileNotFoundError:
        part.parent.mkdir(parents=True, exist_ok=True)
        stream = part.open("wb")
    with stream:
        stream.seek(offset)
        stream.write(data)


def _prove(name: str, part: Path, data: bytes | None) -> None:
    """Raise FirstTryError where an object is not the one that its name is of."""
    made = hashlib.new("sha1" if len(name) == 40 else "sha256", usedforsecurity=False)  # noqa: PLR2004
    try:
        for piece in _unpacked((data,) if data is not None else disk.chunks(part, WHOLE)):
            made.update(piece)
    except zlib.error:
        made.update(b"damaged")
    if made.hexdigest() != name:
        disk.remove(part)
        raise FirstTryError(
            f"What came as the object {name} is another one: a file changed while the tree was"
            " carried. Run again."
        )


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj()
    for piece in pieces:
        left = piece
        while left:
            # A few bytes may stand for gigabytes of zeros.
            yield unpack.decompress(left, WHOLE)
            left = unpack.unconsumed_tail
    yield unpack.flush()


def packed(name: str, kind: str, size: int, content: Iterable[bytes]) -> Iterator[Piece]:
    """Yield an object in pieces, packed as git packs a loose one, none much larger than CHUNK."""
    # The fastest level: it travels once, and most of it is source code.
    pack = zlib.compressobj(1)
    ready = pack.compress(f"{kind} {size}\0".encode("ascii"))
    offset = 0
    for data in chain(content, (None,)):
        ready += pack.flush() if data is None else pack.compress(data)
        while len(ready) > CHUNK:
            yield name, offset, ready[:CHUNK], False
            offset, ready = offset + CHUNK, ready[CHUNK:]
    yield name, offset, ready, True


def gathered(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Yield pieces together, so many that each message has about CHUNK bytes."""
    group: list[Piece] = []
    held = 0
    for piece in pieces:
        group.append(piece)
        held += len(piece[2])
        if held >= CHUNK:
            yield tuple(group)
            group, held = [], 0
    if group:
        yield tuple(group)
