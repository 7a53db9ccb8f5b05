"""Standard output and standard error that can't end a run: closed, full, or read by nobody."""

from __future__ import annotations

import os
import sys
from typing import Any


class Stream:
    """Passes everything on to a stream; what that can't take is dropped.

    Where a reader such as ``head`` has gone, or the disk is full, the run goes on: its exit code
    and its reports say what it came to.
    """

    def __init__(self, stream: Any) -> None:
        """Write to this stream."""
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return what the stream itself has."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop, a text."""
        try:
            self._stream.write(text)
        except OSError:
            self._give_up()
        return len(text)

    def flush(self) -> None:
        """Flush, or drop, what was written."""
        try:
            self._stream.flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        # Python flushes once more when it ends, and would end with 120 and a message: what is left
        # in its buffer goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def keep_up() -> None:
    """Put such streams in the places of this process's own."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # It was closed when Python started. Its number may be another file's by now.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  for the whole run
        elif not isinstance(stream, Stream):
            setattr(sys, name, Stream(stream))
