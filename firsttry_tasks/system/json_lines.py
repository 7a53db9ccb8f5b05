"""Our own state that grows by lines: one JSON value a line, in a file written whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

T = TypeVar("T")


def read(path: Path, kind: type[T]) -> list[T]:
    """Return the values in a file; a line that can't be read is left out."""
    decoder = msgspec.json.Decoder(kind)
    found = []
    for line in (disk.read(path) or b"").splitlines():
        try:
            found.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def write(path: Path, values: Iterable[object]) -> None:
    """Write values in place of what a file holds; its folder is one of ours."""
    disk.own_folder(path.parent)
    disk.write(path, msgspec.json.Encoder().encode_lines(values))
