"""Makes and applies deltas: a box as its difference from an earlier one that the reader holds.

zstd compresses the new tar with the earlier tar as its dictionary, so what both share costs little.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import zstandard

from firsttry_tasks.golden import archive
from firsttry_tasks.golden.box import BadBoxError

if TYPE_CHECKING:
    from firsttry_tasks.golden.box import Delta, IndexEntry

#: Bytes that both boxes together may have, unpacked: zstd finds what they share only where both
#: lie within its window, and readers bound the window.
MOST = archive.WINDOW
#: Lower levels do not look for what is far back in the earlier box. Measured on two real boxes: the
#: delta has 6 % of the box's size at level 12, 54 % at level 6.
LEVEL = 12
#: The largest share of the whole box that a delta may have. Above it another file in the store
#: costs more (a request, a link of the chain) than the bytes it saves: a judgement.
WORTH = 0.5


def tar(packed: bytes) -> bytes:
    """Return the tar inside of an archive; raises BadBoxError if it has over ``MOST`` bytes."""
    try:
        with archive.opened(io.BytesIO(packed)) as stream:
            # One byte more than allowed tells "too large" from "exactly at the bound".
            found = stream.read(MOST + 1)
    except zstandard.ZstdError as error:
        raise BadBoxError(f"it is damaged ({error})") from error
    if len(found) > MOST:
        raise BadBoxError("it is too large for a delta")
    return found


def way(index_entry: IndexEntry, held: str) -> tuple[Delta, ...] | None:
    """Return the deltas to apply, in order, to the held archive with the sha256 ``held``.

    An empty tuple means that the held archive is the box. None means that no deltas lead from it to
    the box, or that they have at least as many bytes as the whole box.
    """
    if held == index_entry.archive.sha256:
        return ()
    bases = [delta.base for delta in index_entry.deltas]
    if held not in bases:
        return None
    # The entry lists them from the newest back; they are applied from the oldest on.
    chain = index_entry.deltas[bases.index(held) :: -1]
    bytes_to_fetch = sum(delta.sealed.size for delta in chain)
    return chain if bytes_to_fetch < index_entry.archive.size else None


def make(before: bytes, after: bytes) -> bytes | None:
    """Return the delta from one archive to another; None where the whole box is the better way."""
    # Publishing goes on with the whole box, so a box that is too large for a delta is no error.
    try:
        old, new = tar(before), tar(after)
    except BadBoxError:
        return None
    if len(old) + len(new) > MOST:
        return None
    # The window must reach from the end of the new tar back to the start of the old one.
    params = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=(len(old) + len(new)).bit_length(), write_checksum=1
    )
    compressor = zstandard.ZstdCompressor(compression_params=params, dict_data=_reference(old))
    found = compressor.compress(new)
    return found if len(found) <= len(after) * WORTH else None


def apply(before: bytes, change: bytes) -> bytes:
    """Return the tar that a delta makes of an earlier tar; raises BadBoxError where it can't.

    Callers check the tar against the manifest, as they check one that was fetched whole.
    """
    # Twice the bound: the writer rounds its window up to a power of two.
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
    # Raw content: bytes to refer to. A trained dictionary would be parsed, and the tar is none.
    return zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
