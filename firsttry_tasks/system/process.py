"""The only door to processes: each in a group of its own, so that it can be ended whole."""

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
from firsttry_tasks.model.values import Completed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from firsttry_tasks.model.values import Command

#: Seconds between a polite end and a hard one.
GRACE = 3.0
#: Seconds between two looks at a running process.
POLL = 0.05

_live: set[int] = set()
_lock = threading.Lock()
_ending = threading.Event()


def run(command: Command, watch: Callable[[], None] | None = None) -> Completed:
    """Run a command to its end and return what it said.

    ``watch`` is called now and then while it runs. On a timeout the whole group is ended and
    ``timed_out`` is set. Raises FirstTryError where the program can't be started.
    """
    done, out = raw(command, watch)
    return msgspec.structs.replace(done, out=out.decode("utf-8", "replace"))


def raw(command: Command, watch: Callable[[], None] | None = None) -> tuple[Completed, bytes]:
    """Run a command as ``run`` does; its output is bytes, and not in what is completed."""
    started = time.monotonic()
    # Files, not pipes: a grandchild that keeps a pipe open can't make us wait for it.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = _start(command, out, err)
        try:
            timed_out = _wait(process, command.timeout, watch)
        except BaseException:
            _end(process)
            raise
        finally:
            with _lock:
                _live.discard(process.pid)
        done = Completed(
            argv=command.argv,
            code=process.returncode,
            out="",
            err=_bytes(err).decode("utf-8", "replace"),
            seconds=time.monotonic() - started,
            timed_out=timed_out,
        )
        return done, _bytes(out)


def _start(command: Command, out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
    if _ending.is_set():
        raise FirstTryError("The run is being stopped.")
    try:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            process_group=0,
        )
    except OSError as error:
        name = command.argv[0]
        raise FirstTryError(f"Can't start {name}: {error.strerror or error}.") from error
    with _lock:
        _live.add(process.pid)
    return process


def _wait(
    process: subprocess.Popen[bytes], timeout: float | None, watch: Callable[[], None] | None
) -> bool:
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
            return False
        if watch:
            watch()
        if deadline is not None and time.monotonic() > deadline:
            _end(process)
            return True


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end_all() -> None:
    """End every process that runs here and start no more: the answer to Ctrl-C."""
    _ending.set()
    end_rest()


def end_rest() -> None:
    """End every process that still runs here."""
    with _lock:
        groups = tuple(_live)
    for group in groups:
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        with _lock:
            if not _live:
                return
        time.sleep(POLL)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _bytes(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def outputs(
    argvs: Sequence[Sequence[str]], *, cwd: str, env: Mapping[str, str], stdin: bytes = b""
) -> list[tuple[int, bytes, str]]:
    """Run short commands side by side; return (exit code, stdout, stderr) of each, in order."""
    try:
        started = [
            subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for argv in argvs
        ]
    except OSError as error:
        name = argvs[0][0]
        raise FirstTryError(
            f"Can't start {name}: {error.strerror or error}. Is it installed and on PATH?"
        ) from error
    done = []
    for process in started:
        out, err = process.communicate(stdin or None)
        done.append((process.returncode, out, err.decode("utf-8", "replace").strip()))
    return done


def find(name: str) -> str | None:
    """Return the program that stands beside this Python, else the one on PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), name)  # noqa: PTH118, PTH120  pathlib would follow the venv's link
    return beside if os.access(beside, os.X_OK) else shutil.which(name)
