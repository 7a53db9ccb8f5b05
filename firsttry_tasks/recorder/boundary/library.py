"""Talks to the C library of ``system/boundary``, where it was preloaded into this process."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter can be built without it
    ctypes = None


class Library:
    """The functions of the library; ``there`` says whether it stands before the C library."""

    def __init__(self) -> None:
        """Look for the library among what this process has loaded."""
        loaded: Any = ctypes and ctypes.PyDLL(None)
        self._begin: Any = getattr(loaded, "firsttry_begin", None)
        self.there = self._begin is not None
        self._scope: Any = None
        if self.there:
            self._scope = ctypes.c_uint32.in_dll(loaded, "firsttry_scope")

    def begin(self, folder: Path, root: str, left_out: Iterable[str]) -> None:
        """Write the logs of this process, and of those that it starts from now on, to ``folder``.

        Left out are paths that begin with one of ``left_out`` (with a slash), or hold it.
        """
        if self.there:
            folder.mkdir(parents=True, exist_ok=True)
            lines = (os.fsdecode(folder), "0", root, *left_out)
            self._begin(os.fsencode("\n".join(lines)))

    def enter(self, number: int) -> None:
        """Let what is asked from now on belong to the scope of this number."""
        if self._scope is not None:
            self._scope.value = number
