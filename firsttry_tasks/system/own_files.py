"""Read and write files of FirstTry's own state: values with a digest, and lines of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.model import decoding
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

T = TypeVar("T")


class _Kept(msgspec.Struct, frozen=True):
    """A value and the digest of its bytes."""

    digest: str
    value: msgspec.Raw


def write(path: Path, value: object) -> None:
    """Write a value with its digest, for what a run believes without looking again.

    A name that was damaged there would still be a name, of something that nobody watches.
    """
    disk.write(path, encoded(value))


def encoded(value: object) -> bytes:
    """Return a value with its digest as ``read`` takes it."""
    data = msgspec.json.encode(value)
    return msgspec.json.encode(_Kept(disk.digest(data), msgspec.Raw(data))) + b"\n"


def read(path: Path, kind: type[T]) -> T | None:
    """Return the value that ``write`` wrote; None where it is absent, damaged or of another shape.

    Raises FirstTryError where the operating system refuses to read the file.
    """
    try:
        kept = decoding.json(disk.read(path) or b"", _Kept)
        data = bytes(kept.value)
        return decoding.json(data, kind) if kept.digest == disk.digest(data) else None
    except decoding.UndecodableError:
        return None


def lines(path: Path, kind: type[T]) -> list[T]:
    """Return the values in a file, none where there is no file; skip lines of another shape."""
    found = []
    for line in (disk.read(path) or b"").splitlines():
        try:
            found.append(decoding.json(line, kind))
        except decoding.UndecodableError:
            # One bad line, such as an older version's, must not cost the history of all other
            # runs.
            continue
    return found


def write_lines(path: Path, values: Iterable[object]) -> None:
    """Replace a file's values by these, each on a line; make its folder, ignored by git."""
    disk.own_folder(path.parent)
    # The file is written whole, not appended to: a kill in the middle of a line would leave half a
    # value, and two runs' lines could mix.
    disk.write(path, msgspec.json.Encoder().encode_lines(values))
