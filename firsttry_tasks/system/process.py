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
from firsttry_tasks.system.guard.running import POLL, Running, Shown, end, tell
from firsttry_tasks.system.guard.start import GRACE, SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Seconds for a short command: git may take minutes on a cold disk, a lost lock takes for ever.
PATIENCE = 600.0

# The groups that run. Gates run in threads, and Ctrl-C reaches only the main thread, which has to
# know what the others started.
_live: set[int] = set()
_lock = threading.Lock()
#: What was started before it was asked for: the command it stands for, and what ends it.
_prepared: list[tuple[Command, Running, contextlib.ExitStack]] = []
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
    with contextlib.ExitStack() as stack:
        process = _ready(command, stack) or stack.enter_context(_guarded(command))
        done, out = process.result(watch)
    return msgspec.structs.replace(done, argv=command.argv), out


@contextlib.contextmanager
def _guarded(command: Command, *, waits: bool = False) -> Iterator[Running]:
    """Start a command under a guardian; one that ``waits`` gets a pipe for its standard input."""
    given = subprocess.PIPE if waits else b""
    with (
        start.lifeline() as lifeline,
        _running(start.guarded(command, lifeline), given, lifeline=lifeline) as process,
    ):
        yield process


def prepare(command: Command, waits: Command) -> None:
    """Start ``waits`` now: it does what ``command`` will be asked to do, once it gets a byte."""
    stack = contextlib.ExitStack()
    _prepared.append((command, stack.enter_context(_guarded(waits, waits=True)), stack))


def is_prepared(command: Command) -> bool:
    """Tell whether a process waits that will be this command."""
    return any(fits == command for fits, _, _ in _prepared)


def waits(name: str, value: str) -> bool:
    """Tell whether a process waits with this value of this variable."""
    return any(fits.env.get(name) == value for fits, _, _ in _prepared)


def dismiss(name: str, value: str) -> None:
    """End what waits with this value of this variable: its files are going to be others."""
    with _lock:
        found = [it for it in _prepared if it[0].env.get(name) == value]
        _prepared[:] = [it for it in _prepared if it not in found]
    for _, _, open_ in found:
        open_.close()


def _ready(command: Command, stack: contextlib.ExitStack) -> Running | None:
    """Return what was prepared for a command, told to begin; None where nothing fits."""
    # Several gates ask at once. What nobody asks for ends with this process.
    with _lock:
        found = next((it for it in _prepared if it[0] == command), None)
        if found is None:
            return None
        _prepared.remove(found)
    _, process, open_ = found
    stack.push(open_)
    return process if process.go(command) else None


@contextlib.contextmanager
def shown(command: Command, *, waits: bool = False) -> Iterator[Shown]:
    """Start a command that prints to where this process prints; end it when the block ends."""
    start.require_program(command)
    given = subprocess.PIPE if waits else subprocess.DEVNULL
    with start.lifeline() as lifeline:
        process = _start(start.guarded(command, lifeline), given, None, None, lifeline)
        try:
            yield Shown(process)
        finally:
            if process.poll() is None:
                end(process)
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
    command: Command, stdin: bytes | int = b"", *, lifeline: int | None = None
) -> Iterator[Running]:
    """Start a process and yield it; end it, where it still runs, when the block ends."""
    # Files, not pipes: a grandchild that keeps a pipe open can't make us wait for it.
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        _given(stdin) as given,
    ):
        process = _start(command, given, out, err, lifeline)
        try:
            yield Running(command, process, out, err)
        finally:
            if process.poll() is None:
                end(process)
            with _lock:
                # Before its id can be given to another process, which end_all would then end.
                _live.discard(process.pid)


@contextlib.contextmanager
def _given(stdin: bytes | int) -> Iterator[IO[bytes] | int]:
    """Yield what a process gets as its standard input: nothing, or a file with these bytes."""
    if isinstance(stdin, int) or not stdin:
        # Not the terminal: a tool that asks a question would wait for ever, unseen.
        yield stdin or subprocess.DEVNULL
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


def end_all() -> None:
    """End every process that runs here and let none start any more; called on Ctrl-C."""
    _ending.set()
    end_rest()


def ending() -> bool:
    """Tell whether the run is being stopped."""
    return _ending.is_set()


def hurry() -> None:
    """Let those who wait for processes to end wait no longer; called on the second Ctrl-C."""
    _hurried.set()


def end_rest() -> None:
    """End every process that still runs here, and those that are started meanwhile."""
    while _prepared:
        _prepared.pop()[2].close()
    deadline = time.monotonic() + GRACE + SLACK
    asked: set[int] = set()
    while groups := _groups():
        if _hurried.is_set():
            # Guardians take it for "kill at once"; what is no guardian ends by it, too.
            deadline = min(deadline, time.monotonic() + SLACK)
            for group in groups:
                tell(group, signal.SIGQUIT)
        if time.monotonic() > deadline:
            for group in groups:
                tell(group, signal.SIGKILL)
            return
        # Asked once each: a second SIGTERM would interrupt a tool that is cleaning up.
        for group in groups - asked:
            tell(group, signal.SIGTERM)
        asked |= groups
        time.sleep(POLL)


def _groups() -> set[int]:
    with _lock:
        return set(_live)


def beside(name: str) -> str | None:
    """Return the program of this name that stands beside this Python."""
    place = os.path.join(os.path.dirname(sys.executable), name)  # noqa: PTH118, PTH120  pathlib would follow the venv's link
    return place if os.access(place, os.X_OK) else None


def find(name: str) -> str | None:
    """Return the program that stands beside this Python, else the one on PATH."""
    # The tools of the environment that FirstTry runs in come first: it may not be activated, and
    # another version on PATH would give other findings.
    return beside(name) or shutil.which(name)
