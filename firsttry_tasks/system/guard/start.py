"""How a tool is started: by a guardian, which stands on a lifeline to this process."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system.guard import guardian

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.model.values import Command

#: Seconds between SIGTERM and SIGKILL. A judgement: pytest needs about one to run its finalizers,
#: and a person who pressed Ctrl-C waits for it.
GRACE = 3.0
#: Seconds more that a guardian gets, which itself gives its tool GRACE seconds.
SLACK = 1.5


@contextlib.contextmanager
def lifeline() -> Iterator[int]:
    """Yield the end of a pipe that is told when this process, which holds the other, is gone."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def guarded(command: Command, lifeline: int) -> Command:
    """Return the command that starts a guardian, which starts this one."""
    # Its own limit comes later than the one here, for the case that this process hangs or stands.
    limit = command.timeout + GRACE + SLACK if command.timeout else 0
    ctype = "1" if "LC_CTYPE" in command.env else "0"
    words = (str(lifeline), f"{limit:.3f}", f"{GRACE:g}", ctype)
    # -I -S: neither the project nor the environment has a say in it, and it starts in milliseconds.
    argv = (sys.executable, "-I", "-S", guardian.__file__, *words, *command.argv)
    return msgspec.structs.replace(command, argv=argv)


def require_program(command: Command) -> None:
    """Raise FirstTryError where the program is not there: the guardian could only print it."""
    program = os.path.join(command.cwd, command.argv[0])  # noqa: PTH118  an absolute one stays
    if os.sep not in command.argv[0]:
        program = shutil.which(command.argv[0], path=command.env.get("PATH", os.defpath)) or ""
    if not os.path.exists(program):  # noqa: PTH110  to pathlib "" is the current folder
        raise cannot_start(command, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if not os.access(program, os.X_OK):
        raise cannot_start(command, OSError(errno.EACCES, os.strerror(errno.EACCES)))


def cannot_start(command: Command, error: OSError) -> FirstTryError:
    """Return the error to raise where a program can't be started."""
    hint = " Is it installed and on PATH?" if isinstance(error, FileNotFoundError) else ""
    return FirstTryError(f"Can't start {command.argv[0]}: {error.strerror or error}.{hint}")
