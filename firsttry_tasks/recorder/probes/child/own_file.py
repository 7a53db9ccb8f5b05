"""A file that is appended to while the project's code runs, which may close or reuse its number."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: The number from which on a file of ours is open: far above those that code counts on, as the next
#: one that is free, or one that was closed and is to stay so. Systems allow 1,024 or more.
_HIGH = 500


def _again() -> Callable[[int], int] | None:
    """Return what opens a file once more under a high number; None where the system can't."""
    with contextlib.suppress(ImportError, AttributeError):
        import fcntl

        call, duplicate = fcntl.fcntl, fcntl.F_DUPFD_CLOEXEC
        return lambda handle: call(handle, duplicate, _HIGH)
    return None


class OwnFile:
    """Appends to a file; opens it again where its number leads elsewhere by now."""

    def __init__(self, path: str, mode: int = 0o600) -> None:
        """Open the file, and make it where there is none."""
        self._path, self._mode = path, mode
        # Libraries put others in their place: pyfakefs to pretend files, eventlet to wait for them.
        self._open, self._write, self._fstat = os.open, os.write, os.fstat
        self._close, self._again = os.close, _again()
        self._begin()

    def _begin(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._handle = self._aside(self._open(self._path, flags, self._mode))
        self._mark = self._identity()

    def _aside(self, handle: int) -> int:
        """Return a high number for an open file, and free its own; that where there is none."""
        try:
            high = self._again(handle) if self._again else handle
        except OSError:
            return handle
        if high != handle:
            self._close(handle)
        return high

    def _identity(self) -> tuple[int, int] | None:
        """Return device and inode of what the number leads to, None if it is closed."""
        try:
            found = self._fstat(self._handle)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def append(self, data: bytes) -> None:
        """Append; one write, so that a kill leaves whole lines and processes can share the file."""
        # A daemon closes all files that it finds open. What is opened next gets the number, and
        # would get these lines.
        if self._identity() != self._mark:
            self._begin()
        self._write(self._handle, data)

    def close(self) -> None:
        """Close the file, unless its number is another's by now."""
        if self._identity() == self._mark:
            self._close(self._handle)
