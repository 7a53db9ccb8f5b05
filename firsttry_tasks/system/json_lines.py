"""Read and write state files that hold one JSON value on each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.model import decoding
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

T = TypeVar("T")


def read(path: Path, kind: type[T]) -> list[T]:
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


def write(path: Path, values: Iterable[object]) -> None:
    """Replace a file's values by these; make its folder, ignored by git, where there is none."""
    disk.own_folder(path.parent)
    # The file is written whole, not appended to: a kill in the middle of a line would leave half a
    # value, and two runs' lines could mix.
    disk.write(path, msgspec.json.Encoder().encode_lines(values))
