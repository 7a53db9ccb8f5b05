"""Packing and unpacking: a tar in zstd, of which there is exactly one spelling.

The reader never interprets a tar. It knows from the manifest which bytes the writer would have
written, and demands exactly those; links, devices, odd headers, duplicates and escaping paths
have no way to be said.
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
THREADS = 2
CHUNK = 1 << 18
BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
#: What a reader of foreign bytes lets zstd take for its window.
WINDOW = 1 << 27


class Sink(Protocol):
    """Where packed bytes go."""

    def write(self, data: bytes, /) -> object: ...  # noqa: D102  the class says it


class Source(Protocol):
    """Where a tar's bytes come from."""

    def read(self, most: int, /) -> bytes: ...  # noqa: D102  the class says it


def header(path: str, size: int) -> bytes:
    """Return the only header that a file of this name and size has."""
    info = tarfile.TarInfo(path)
    info.size = size
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

    Raises FirstTryError where a file has not the size that it had before.
    """
    members = []
    for path, size in sorted(sizes.items()):
        yield header(path, size)
        seen, left = hashlib.sha256(), size
        for data in content(path):
            seen.update(data)
            left -= len(data)
            yield data
        if left:
            raise FirstTryError(f"{path} changed while it was packed; run: doit full record=1")
        members.append(box.Member(path=path, size=size, sha256=seen.hexdigest()))
        yield padding(size)
    sealed = box.encode(seal(tuple(members)))
    yield header(MANIFEST, len(sealed)) + sealed + padding(len(sealed)) + END


def pack(parts: Iterable[bytes], sink: Sink) -> None:
    """Write a tar's parts as an archive: the same bytes for the same tar."""
    # Without a thread of its own zstd cuts its blocks otherwise: a fixed number, the same bytes.
    # While they compress, the next part is read and hashed.
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=THREADS, write_checksum=True)
    stream = compressor.compressobj()
    for data in parts:
        sink.write(stream.compress(data))
    sink.write(stream.flush())


def opened(packed: BinaryIO) -> zstandard.ZstdDecompressionReader:
    """Return the tar inside of an archive, as a stream."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    # Across scopes: what follows the first one is looked at too, and refused.
    return decompressor.stream_reader(packed, CHUNK, read_across_frames=True, closefd=False)


def unpack(
    manifest: Manifest,
    tar: Source,
    write: Callable[[Member], AbstractContextManager[Sink]],
) -> None:
    """Write every file, if the tar is what the manifest says, to the last byte.

    Raises BadBoxError at the first byte that is not; what was written until then is the
    caller's to throw away.
    """
    source = _Demanding(tar)
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


class _Demanding:
    """A stream of which every byte is known before it is read."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream

    def _read(self, most: int) -> bytes:
        try:
            return self._stream.read(most)
        except zstandard.ZstdError as error:
            raise BadBoxError(f"it is damaged ({error})") from error

    def demand(self, expected: bytes, otherwise: str) -> None:
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
