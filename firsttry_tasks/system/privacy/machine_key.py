"""Keeps this machine's key, under which values of variables are told apart and not told.

A digest without a key can be computed by anybody: ten thousand PINs take a hundredth of a second.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

#: Bytes of the key: too many to be guessed.
SIZE = 32
#: Where the key lies below the user's state folder.
NAME = "firsttry/key"
#: Where it lies in the project's state folder, for users who have no folder that can be written.
FALLBACK = "key"


def place(state: Path) -> Path:
    """Return the file with the key, which is made where there is none; ``state`` is .firsttry.

    The file lies outside of every repository: what lies inside may be packed, copied or uploaded.
    """
    # A relative path in this variable is to be ignored, says the specification.
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    with contextlib.suppress(OSError, RuntimeError):
        # RuntimeError: a user without a home, as some containers have.
        usual = (base if base.is_absolute() else Path.home() / ".local/state") / NAME
        _ensure(usual)
        return usual
    _ensure(state / FALLBACK)
    return state / FALLBACK


def read(path: Path) -> bytes:
    """Return the key in a file; OSError where it is no key."""
    # O_NOFOLLOW and O_NONBLOCK: a link or a pipe in its place is not ours, and must not hold us.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        seen = os.fstat(handle)
        key = os.read(handle, SIZE + 1) if stat.S_ISREG(seen.st_mode) else b""
    finally:
        os.close(handle)
    if len(key) != SIZE:
        raise OSError(f"{path} is no key")
    return key


def _ensure(path: Path) -> None:
    """Make the key where there is none that can be read."""
    with contextlib.suppress(OSError):
        read(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(os.urandom(SIZE))
            stream.flush()
            os.fsync(stream.fileno())
        _put(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _put(beside: Path, path: Path) -> None:
    try:
        # A link and not a rename: of two runs that start at once the first one's key stays.
        path.hardlink_to(beside)
    except OSError:
        with contextlib.suppress(OSError):
            read(path)
            return
        # What stands there is no key, or the file system knows no links.
        beside.replace(path)
