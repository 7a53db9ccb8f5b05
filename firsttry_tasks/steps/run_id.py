"""The id by which results tell which run made them, and when that run began."""

from __future__ import annotations

import datetime as dt
import os
import time

#: The id of this run: its start and its process, since two checkouts can start in one instant.
#: Results that carry another id were made by an earlier run and are shown as cached.
RUN = f"{time.time_ns():x}-{os.getpid():x}"


def began(run: str) -> str:
    """Return when a run began, in UTC, from its id; this run's start for what is no such id."""
    # RUN begins with its start in nanoseconds, in hex.
    try:
        seconds = int(run.partition("-")[0], 16) // 1_000_000_000
        return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        # A report that was damaged or made by hand; when it was made decides no verdict.
        return began(RUN)
