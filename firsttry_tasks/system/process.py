"""Start processes, and end them with all that they started.

A tool is started by a guardian (``guard/guardian.py``), which outlives this process by a moment
where that is killed. Short commands are started directly, each in a group of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess  # noqa: TID251  this is the door
import sys
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING

import msgspec

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command, Completed
from firsttry_tasks.system.guard import start
from firsttry_tasks.system.guard.start import GRACE, SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Seconds between two calls of ``watch``: often enough for a live line to look alive, and
#: far below one percent of a processor. A judgement.
POLL = 0.05
#: Seconds for a short command: git may take minutes on a cold disk, a lost lock takes for ever.
PATIENCE = 600.0

# The groups that run. Gates run in threads, and Ctrl-C reaches only the main thread, which has to
# know what the others started.
_live: set[int] = set()
_lock = threading.Lock()
# Set once, never cleared: after Ctrl-C no thread may start another process, and after the second
# one nobody waits any more.
_ending = threading.Event()
_hurried = threading.Event()


def run(command: Command, watch: Callable[[], None] | None = None) -> Completed:
    """Run a command to its end and return what it said.

    ``watch`` is called now and then while it runs. On a timeout the whole group is ended and
    ``timed_out`` is set. Raises FirstTryError where the program can't be started.
    """
    done, out = raw(command, watch)
    # A tool may print bytes that are no UTF-8, such as a file's name; a run must not fail by it.
    return msgspec.structs.replace(done, out=out.decode("utf-8", "replace"))


def raw(command: Command, watch: Callable[[], None] | None = None) -> tuple[Completed, bytes]:
    """Run a command as ``run`` does, but return its output as bytes beside the result."""
    start.require_program(command)
    with (
        start.lifeline() as lifeline,
        _running(start.guarded(command, lifeline), lifeline=lifeline) as process,
    ):
        done, out = process.result(watch)
    return msgspec.structs.replace(done, argv=command.argv), out


def shown(command: Command) -> int:
    """Run a command that prints to where this process prints; return its exit code."""
    start.require_program(command)
    with start.lifeline() as lifeline:
        process = _start(start.guarded(command, lifeline), subprocess.DEVNULL, None, None, lifeline)
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                _end(process)
            with _lock:
                _live.discard(process.pid)


def outputs(
    argvs: Sequence[Sequence[str]],
    *,
    cwd: str,
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout: float = PATIENCE,
) -> list[tuple[int, bytes, str]]:
    """Run short commands side by side; return (exit code, stdout, stderr) of each, in order.

    Raises FirstTryError where one can't be started or takes longer than ``timeout`` seconds.
    """
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(
                _running(Command(argv=tuple(argv), cwd=cwd, env=dict(env), timeout=timeout), stdin)
            )
            for argv in argvs
        ]
        # All are started before the first is waited for: git's two listings take as long as the
        # slower one, and this runs before every gate.
        answers = [process.result() for process in started]
    for done, _ in answers:
        if done.timed_out:
            words = " ".join(done.argv[:2])
            raise FirstTryError(f"{words} did not end within {timeout:g} s.")
    return [(done.code, out, done.err.strip()) for done, out in answers]


@contextlib.contextmanager
def _running(
    command: Command, stdin: bytes = b"", *, lifeline: int | None = None
) -> Iterator[_Process]:
    """Start a process and yield it; end it, where it still runs, when the block ends."""
    # Files, not pipes: a grandchild that keeps a pipe open can't make us wait for it.
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        _given(stdin) as given,
    ):
        process = _start(command, given, out, err, lifeline)
        try:
            yield _Process(command, process, out, err)
        finally:
            if process.poll() is None:
                _end(process)
            with _lock:
                # Before its id can be given to another process, which end_all would then end.
                _live.discard(process.pid)


@contextlib.contextmanager
def _given(stdin: bytes) -> Iterator[IO[bytes] | int]:
    """Yield what a process gets as its standard input: nothing, or a file with these bytes."""
    if not stdin:
        # Not the terminal: a tool that asks a question would wait for ever, unseen.
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as stream:
        stream.write(stdin)
        stream.seek(0)
        yield stream


def _start(
    command: Command,
    stdin: IO[bytes] | int,
    out: IO[bytes] | None,
    err: IO[bytes] | None,
    lifeline: int | None,
) -> subprocess.Popen[bytes]:
    """Start the process in a group of its own; FirstTryError where it can't be started.

    Without a file for its output it prints to where this process prints.
    """
    # Under the lock: end_all sees each process that was started, and after it none starts.
    with _lock:
        if _ending.is_set():
            raise FirstTryError("The run is being stopped.")
        try:
            process = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env=command.env,
                stdin=stdin,
                stdout=out,
                stderr=err,
                # A group of its own, so that killpg reaches the workers that a tool starts, too.
                # process_group does it in the C code of fork; preexec_fn is not safe where threads
                # run.
                process_group=0,
                pass_fds=() if lifeline is None else (lifeline,),
            )
        except OSError as error:
            raise start.cannot_start(command, error) from error
        _live.add(process.pid)
    return process


class _Process:
    """A running process with the two files that take its output and its errors."""

    def __init__(
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

    def result(self, watch: Callable[[], None] | None = None) -> tuple[Completed, bytes]:
        """Wait for the end, and return what it came to and what it printed."""
        timed_out = self._wait(watch)
        done = Completed(
            argv=self._command.argv,
            code=self._process.returncode,
            out="",
            err=_bytes(self._err).decode("utf-8", "replace"),
            seconds=time.monotonic() - self._started,
            timed_out=timed_out,
        )
        return done, _bytes(self._out)

    def _wait(self, watch: Callable[[], None] | None) -> bool:
        """Wait for the end; True where the process was ended for taking too long."""
        # The event, not poll(), ends the wait: a command that takes 5 ms is not slept on for 50.
        limit = self._command.timeout
        while not self._ended.wait(POLL):
            if watch:
                watch()
            if limit is not None and time.monotonic() - self._started > limit:
                _end(self._process)
                return True
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group: politely, and after GRACE seconds by force."""
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE + SLACK)
    # Always, also where the process itself ended politely: its children may have not.
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: int) -> None:
    # The group may be gone by now; macOS says PermissionError where only a zombie is left of it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end_all() -> None:
    """End every process that runs here and let none start any more; called on Ctrl-C."""
    _ending.set()
    end_rest()


def hurry() -> None:
    """Let those who wait for processes to end wait no longer; called on the second Ctrl-C."""
    _hurried.set()


def end_rest() -> None:
    """End every process that still runs here, and those that are started meanwhile."""
    deadline = time.monotonic() + GRACE + SLACK
    asked: set[int] = set()
    while groups := _groups():
        if _hurried.is_set():
            # Guardians take it for "kill at once"; what is no guardian ends by it, too.
            deadline = min(deadline, time.monotonic() + SLACK)
            for group in groups:
                _signal(group, signal.SIGQUIT)
        if time.monotonic() > deadline:
            for group in groups:
                _signal(group, signal.SIGKILL)
            return
        # Asked once each: a second SIGTERM would interrupt a tool that is cleaning up.
        for group in groups - asked:
            _signal(group, signal.SIGTERM)
        asked |= groups
        time.sleep(POLL)


def _groups() -> set[int]:
    with _lock:
        return set(_live)


def _bytes(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def beside(name: str) -> str | None:
    """Return the program of this name that stands beside this Python."""
    place = os.path.join(os.path.dirname(sys.executable), name)  # noqa: PTH118, PTH120  pathlib would follow the venv's link
    return place if os.access(place, os.X_OK) else None


def find(name: str) -> str | None:
    """Return the program that stands beside this Python, else the one on PATH."""
    # The tools of the environment that FirstTry runs in come first: it may not be activated, and
    # another version on PATH would give other findings.
    return beside(name) or shutil.which(name)
