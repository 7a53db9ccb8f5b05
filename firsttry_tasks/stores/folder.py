"""A store in a folder, on this machine or on a disk that several machines share."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from firsttry_tasks.model.values import Stored
from firsttry_tasks.stores import RefusedError, StoreError, TooLargeError
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
            # lstat: a link or a pipe in a shared folder may be anybody's trap, and is no box.
            stats = [(path.name, path.lstat()) for path in found]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self._folder} can't be listed: {error.strerror}.") from error
        return tuple(
            Stored(key=key, size=seen.st_size, modified=seen.st_mtime)
            for key, seen in stats
            if stat.S_ISREG(seen.st_mode)
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        path = self._folder / key
        try:
            # O_NOFOLLOW: what a link leads to is not the store's. O_NONBLOCK: a pipe that nobody
            # writes to would be waited for.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as stream:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise RefusedError(f"{key} is no regular file")
                # One byte more tells a file that is too large, also one that grows meanwhile.
                data = stream.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise RefusedError(f"{key} is no regular file") from error
            raise StoreError(str(disk.io_error("read", path, error))) from error
        if len(data) > most:
            raise TooLargeError(key, most)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Write a file beside, then put it in its place, so that readers see it whole."""
        # The top gets a .gitignore, since the folder may lie inside the project.
        disk.own_folder(self._top)
        disk.write(self._folder / key, data)

    def delete(self, key: str) -> None:
        """Remove a file."""
        disk.remove(self._folder / key)
