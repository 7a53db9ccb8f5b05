"""One run at a time in a checkout, and what ends it from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.doit_tasks.state_file import require_own_folders
from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk, process
from firsttry_tasks.system.guard import guardian
from firsttry_tasks.system.machine import HELD

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The exit code that shells use for a program ended by Ctrl-C: 128 and SIGINT's 2.
INTERRUPTED = 130
#: What ends a run: Ctrl-C, a cancelled job, a closed terminal, Ctrl-backslash.
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the checkout for this run; a second run waits until the first has ended.

    A run that a task of this run starts does not wait for it, which would be for ever.
    """
    # Two runs at once would overwrite each other's results, and edit one database.
    place = Path.cwd() / state_paths.LOCK
    around = os.environ.get(HELD)
    # Runs inside one run still wait for each other.
    wanted = place.with_name("lock-inside") if around == str(place) else place

    require_own_folders(Path.cwd())

    def waits() -> None:
        sys.stderr.write("Another run holds this checkout; waiting for it to end.\n")

    def refused(error: OSError) -> None:
        sys.stderr.write(
            f"This file system has no locks ({error.strerror}), so start no second run here before"
            " this one has ended.\n"
        )

    with disk.exclusive_lock(wanted, waits, refused):
        os.environ[HELD] = str(place)
        try:
            yield
        finally:
            os.environ.pop(HELD)
            if around:
                os.environ[HELD] = around


@contextlib.contextmanager
def signals() -> Iterator[None]:
    """Treat each signal that ends a run as Ctrl-C within the block.

    Only the first one interrupts; a second one says not to wait for what is just ending.
    """
    stopped = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopped
        if stopped:
            process.hurry()
            return
        stopped = True
        raise KeyboardInterrupt

    # What is ignored stays so: nohup ignores SIGHUP, a shell's background ignores SIGINT.
    heard = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            # A program that calls doit as a library gets its own handlers back. Where Ctrl-C comes
            # once more while the process ends, Python's own would print a traceback. Ours Python
            # takes off at its very end, and then dies of the signal with no exit code.
            ends = stopped and handler in {signal.SIG_DFL, signal.default_int_handler}
            signal.signal(number, signal.SIG_IGN if ends else handler)


def die_with_parent() -> None:
    """Let this process end when its parent does, and end what it runs when it is told to end.

    For the processes that doit forks to run tasks side by side.
    """
    guardian.prctl(guardian.PDEATHSIG, signal.SIGKILL)

    def end(_number: int, _frame: object) -> None:
        process.end_all()
        os._exit(INTERRUPTED)

    for number in STOPS:
        signal.signal(number, end)
