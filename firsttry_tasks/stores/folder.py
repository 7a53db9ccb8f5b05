"""A store in a folder, on this machine or on a disk that several machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Stored
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path


class FolderStore:
    """The files of one folder, except those whose names begin with a dot."""

    def __init__(self, folder: Path, below: str = "") -> None:
        """Remember the folder, or one below it; it is made when something is put into it."""
        self._top = folder
        self._folder = folder / below

    def entries(self) -> tuple[Stored, ...]:
        """Return the files of the folder; none where there is no folder."""
        try:
            # A dot begins the names of files that another machine is still writing (see
            # disk.replacing).
            found = [path for path in self._folder.iterdir() if path.name[0] != "."]
            stats = [(path.name, path.stat()) for path in found if path.is_file()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self._folder} can't be listed: {error.strerror}.") from error
        return tuple(
            Stored(key=key, size=stat.st_size, modified=stat.st_mtime) for key, stat in stats
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        path = self._folder / key
        if path.is_file() and path.stat().st_size > most:
            # Judged by its size on disk, before the bytes are in memory.
            raise TooLargeError(key, most)
        try:
            return disk.read(path)
        except FirstTryError as error:
            raise StoreError(str(error)) from error

    def put(self, key: str, data: bytes) -> None:
        """Write a file beside, then put it in its place, so that readers see it whole."""
        # The top gets a .gitignore, since the folder may lie inside the project.
        disk.own_folder(self._top)
        disk.write(self._folder / key, data)

    def delete(self, key: str) -> None:
        """Remove a file."""
        disk.remove(self._folder / key)
