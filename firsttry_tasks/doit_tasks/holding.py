"""One run at a time in a checkout, and what ends it from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.doit_tasks.state_file import require_no_links
from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk
from firsttry_tasks.system.machine import HELD

if TYPE_CHECKING:
    from collections.abc import Iterator


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

    require_no_links(Path.cwd())

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
    """Treat SIGTERM, which CI sends to cancel a job, as Ctrl-C within the block."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        # A program that calls doit as a library gets its own handler back.
        signal.signal(signal.SIGTERM, before)
