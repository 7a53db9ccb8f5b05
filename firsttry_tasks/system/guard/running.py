"""A process that runs, with the files that take what it prints."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess  # noqa: TID251  a room of the door: it waits, and starts nothing
import threading
import time
from typing import IO, TYPE_CHECKING

from firsttry_tasks.model.values import Command, Completed
from firsttry_tasks.system.guard.start import GRACE, SLACK

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two calls of ``watch``: often enough for a live line to look alive, and
#: far below one percent of a processor. A judgement.
POLL = 0.05


class Running:
    """A running process with the two files that take its output and its errors."""

    def __init__(  # noqa: D107  as the class says
        self,
        command: Command,
        process: subprocess.Popen[bytes],
        out: IO[bytes],
        err: IO[bytes],
    ) -> None:
        self._command = command
        self._process = process
        self._out, self._err = out, err
        self._started = time.monotonic()
        self._ended = threading.Event()
        # To look every now and then whether it has ended would be to see it late.
        threading.Thread(target=self._reap, daemon=True).start()

    def _reap(self) -> None:
        self._process.wait()
        self._ended.set()

    def go(self, command: Command) -> bool:
        """Let a process that waits begin as this command; False where it has ended."""
        self._command, self._started = command, time.monotonic()
        return begin(self._process)

    def result(self, watch: Callable[[], None] | None = None) -> tuple[Completed, bytes]:
        """Wait for the end, and return what it came to and what it printed."""
        timed_out = self._wait(watch)
        done = Completed(
            argv=self._command.argv,
            code=self._process.returncode,
            out="",
            err=content(self._err).decode("utf-8", "replace"),
            seconds=time.monotonic() - self._started,
            timed_out=timed_out,
        )
        return done, content(self._out)

    def _wait(self, watch: Callable[[], None] | None) -> bool:
        """Wait for the end; True where the process was ended for taking too long."""
        # The event, not poll(), ends the wait: a command that takes 5 ms is not slept on for 50.
        limit = self._command.timeout
        while not self._ended.wait(POLL):
            if watch:
                watch()
            if limit is not None and time.monotonic() - self._started > limit:
                end(self._process)
                return True
        return False


class Shown:
    """A running process that prints to where this one prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Take a process that was started."""
        self._process = process

    @property
    def ended(self) -> bool:
        """Tell whether it has ended."""
        return self._process.poll() is not None

    def go(self) -> bool:
        """Let it begin, where it waits; False where it has ended."""
        return begin(self._process)

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        return self._process.wait()


def begin(process: subprocess.Popen[bytes]) -> bool:
    """Give a process that waits for it a byte; False where nobody takes it."""
    try:
        with process.stdin or contextlib.nullcontext() as pipe:
            return bool(pipe and pipe.write(b"\n"))
    except OSError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group: politely, and after GRACE seconds by force."""
    tell(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE + SLACK)
    # Always, also where the process itself ended politely: its children may have not.
    tell(process.pid, signal.SIGKILL)
    process.wait()


def tell(group: int, number: int) -> None:
    """Send a signal to a group of processes."""
    # The group may be gone by now; macOS says PermissionError where only a zombie is left of it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def content(stream: IO[bytes]) -> bytes:
    """Return all that was written to a file."""
    stream.seek(0)
    return stream.read()
