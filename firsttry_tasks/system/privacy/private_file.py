"""Writes a file that nobody but this user may read, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Write the file beside, with its mode from its first moment on, and put it in its place."""
    disk.own_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        beside.replace(path)
    except OSError as error:
        raise disk.io_error("write", path, error) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
