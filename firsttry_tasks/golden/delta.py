"""Deltas: a box told by what it has other than an earlier one, which the reader still holds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import zstandard

from firsttry_tasks.golden import archive
from firsttry_tasks.golden.box import BadBoxError

if TYPE_CHECKING:
    from firsttry_tasks.golden.box import Delta, IndexEntry

#: Both boxes, unpacked, have to lie within the window that readers allow.
MOST = archive.WINDOW
#: Lower ones do not look for what is far back in the earlier box: 6 % at 12, 54 % at 6.
LEVEL = 12
#: A delta that saves less than this share is not worth a file.
WORTH = 0.5


def tar(packed: bytes) -> bytes:
    """Return the tar inside of an archive; raises BadBoxError beyond the bound."""
    try:
        with archive.opened(io.BytesIO(packed)) as stream:
            found = stream.read(MOST + 1)
    except zstandard.ZstdError as error:
        raise BadBoxError(f"it is damaged ({error})") from error
    if len(found) > MOST:
        raise BadBoxError("it is too large for a delta")
    return found


def way(index_entry: IndexEntry, held: str) -> tuple[Delta, ...] | None:
    """Return the deltas that make a box of a held archive with this sha256, in their order.

    None where there are none, or where the whole box is no more to fetch.
    """
    if held == index_entry.archive.sha256:
        return ()
    bases = [delta.base for delta in index_entry.deltas]
    if held not in bases:
        return None
    found = index_entry.deltas[bases.index(held) :: -1]
    bytes_to_fetch = sum(delta.sealed.size for delta in found)
    return found if bytes_to_fetch < index_entry.archive.size else None


def make(before: bytes, after: bytes) -> bytes | None:
    """Return the delta between two archives; None where it is not worth it."""
    try:
        old, new = tar(before), tar(after)
    except BadBoxError:
        return None
    if len(old) + len(new) > MOST:
        return None
    params = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=(len(old) + len(new)).bit_length(), write_checksum=1
    )
    compressor = zstandard.ZstdCompressor(compression_params=params, dict_data=_reference(old))
    found = compressor.compress(new)
    return found if len(found) <= len(after) * WORTH else None


def apply(before: bytes, change: bytes) -> bytes:
    """Return the tar that a delta makes of an earlier one; its proof is the caller's."""
    reader = zstandard.ZstdDecompressor(dict_data=_reference(before), max_window_size=2 * MOST)
    try:
        with reader.stream_reader(change) as stream:
            found = stream.read(MOST + 1)
    except zstandard.ZstdError as error:
        raise BadBoxError(f"its delta is damaged ({error})") from error
    if len(found) > MOST:
        raise BadBoxError("its delta makes too much of it")
    return found


def _reference(data: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
