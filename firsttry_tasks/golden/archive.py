"""Packs files into a tar compressed with zstd, and unpacks such an archive safely.

The same files always pack to the same bytes. So the reader never interprets a tar: it computes from
the manifest which bytes the writer must have written, and refuses the archive at the first byte
that differs. Links, devices, odd headers, duplicates and paths that lead out of the folder can't
occur in those bytes.
"""

from __future__ import annotations

import hashlib
import tarfile
from typing import TYPE_CHECKING, BinaryIO, Protocol

import zstandard

from firsttry_tasks.golden import box
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model.errors import FirstTryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from firsttry_tasks.golden.box import Manifest, Member

MANIFEST = "manifest.json"
#: Chosen by measurement: the fastest level that packs real state no larger than zip does.
LEVEL = 2
#: Fixed, and not the machine's number of cores: with threads zstd cuts its blocks otherwise than
#: without, and the same files must give the same bytes everywhere.
THREADS = 2
#: Bytes read at once: large enough that Python's loop costs little, small enough that a damaged
#: archive is refused before much of it is in memory. A judgement, not measured.
CHUNK = 1 << 18
BLOCK = tarfile.BLOCKSIZE
#: The format ends a tar with two empty blocks.
END = bytes(2 * BLOCK)
#: Bytes of memory that zstd may take for its window while it reads. The archive itself asks for a
#: window, so without a bound a hostile one could ask for gigabytes.
WINDOW = 1 << 27


class Sink(Protocol):
    """A stream that packed or unpacked bytes are written to."""

    def write(self, data: bytes, /) -> object: ...  # noqa: D102  the class says it


class Source(Protocol):
    """A stream that a tar's bytes are read from."""

    def read(self, most: int, /) -> bytes: ...  # noqa: D102  the class says it


def header(path: str, size: int) -> bytes:
    """Return the only header that a file of this name and size has."""
    info = tarfile.TarInfo(path)
    info.size = size
    # ustar, because the other formats may put extra header blocks before a file. tarfile sets
    # owner, mode and time to constants here, so the bytes follow from name and size alone.
    return info.tobuf(tarfile.USTAR_FORMAT)


def padding(size: int) -> bytes:
    """Return the zeros that fill a file's last block."""
    return bytes(-size % BLOCK)


def tar(
    sizes: Mapping[str, int],
    content: Callable[[str], Iterable[bytes]],
    seal: Callable[[tuple[Member, ...]], Manifest],
) -> Iterator[bytes]:
    """Yield the whole tar: the files in order, then the manifest that ``seal`` makes of them.

    ``sizes`` maps a path to its bytes, ``content`` returns a file's bytes in chunks. Raises
    FirstTryError where a file no longer has the size that ``sizes`` gives.
    """
    members = []
    for path, size in sorted(sizes.items()):
        yield header(path, size)
        seen, left = hashlib.sha256(), size
        for data in content(path):
            seen.update(data)
            left -= len(data)
            yield data
        # The header with the size is already out, so a file that grew or shrank can't be mended.
        if left:
            raise FirstTryError(f"{path} changed while it was packed; run: ft full record=1")
        members.append(box.Member(path=path, size=size, sha256=seen.hexdigest()))
        yield padding(size)
    # Last, because the digests are known only after every file was read; so each is read once.
    sealed = box.encode(seal(tuple(members)))
    yield header(MANIFEST, len(sealed)) + sealed + padding(len(sealed)) + END


def pack(parts: Iterable[bytes], sink: Sink) -> None:
    """Compress a tar's parts into ``sink``; the same tar gives the same bytes."""
    # Worker threads, because the next part is read and hashed while they compress.
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=THREADS, write_checksum=True)
    stream = compressor.compressobj()
    for data in parts:
        sink.write(stream.compress(data))
    sink.write(stream.flush())


def opened(packed: BinaryIO) -> zstandard.ZstdDecompressionReader:
    """Return a stream of the tar inside of an archive; ``packed`` stays open."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    # Across zstd's frames: otherwise bytes after the first frame would be ignored, and an archive
    # could carry something that no check has seen.
    return decompressor.stream_reader(packed, CHUNK, read_across_frames=True, closefd=False)


def unpack(
    manifest: Manifest,
    tar: Source,
    write: Callable[[Member], AbstractContextManager[Sink]],
) -> None:
    """Write every file of a tar that is, to the last byte, what the manifest says.

    Raises BadBoxError at the first byte that differs. The caller throws away what was written until
    then, so it unpacks into a folder that nothing reads yet.
    """
    source = _ExpectedStream(tar)
    for member in manifest.files:
        source.demand(header(member.path, member.size), f"it has no {member.path} here")
        with write(member) as sink:
            source.copy(member, sink)
        source.demand(padding(member.size), f"{member.path} does not end as it should")
    sealed = box.encode(manifest)
    source.demand(header(MANIFEST, len(sealed)), "its last file is not its manifest")
    source.demand(sealed + padding(len(sealed)), "its manifest is not its label's")
    source.demand(END, "it does not end as it should")
    source.end()


class _ExpectedStream:
    """Reads a stream and compares it with the bytes that must come; raises BadBoxError."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream

    def _read(self, most: int) -> bytes:
        try:
            return self._stream.read(most)
        except zstandard.ZstdError as error:
            raise BadBoxError(f"it is damaged ({error})") from error

    def demand(self, expected: bytes, otherwise: str) -> None:
        # In a loop, because a decompressing stream may return fewer bytes than asked for.
        at = 0
        while at < len(expected):
            data = self._read(min(len(expected) - at, CHUNK))
            if not data or data != expected[at : at + len(data)]:
                raise BadBoxError(otherwise if data else "it ends too early")
            at += len(data)

    def copy(self, member: Member, sink: Sink) -> None:
        left, seen = member.size, hashlib.sha256()
        while left:
            data = self._read(min(left, CHUNK))
            if not data:
                raise BadBoxError(f"it ends within {member.path}")
            seen.update(data)
            sink.write(data)
            left -= len(data)
        if seen.hexdigest() != member.sha256:
            raise BadBoxError(f"{member.path} is not what its manifest says")

    def end(self) -> None:
        if self._read(1):
            raise BadBoxError("something follows its end")
