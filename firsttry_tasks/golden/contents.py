"""Lists every file that a box may hold, and where each belongs once it is restored.

Packing and proving both ask here, so a file that is not on this list neither goes out nor comes in.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

Kind = Literal["tests", "learned", "watched", "times", "mypy", "text"]

#: Written beside what a full run recorded, with the key of the tests' result: packing uses it to
#: see that recording and report are of the same run.
SEAL = "seal.json"

DB = "tests/dependencies.db"
LEARNED = "tests/learned.json"
WATCHED = "tests/watched.json"
TIMES = "tests/times.json"
FINGERPRINT = "fingerprint.txt"
#: Without mypy's cache, or without times, a box is still of use, without one of these it is not.
NEEDED = (FINGERPRINT, LEARNED, DB, WATCHED)

#: mypy shards its cache by Python's version; nothing else in that folder is known to be inert.
_MYPY = re.compile(r"mypy/(3\.[0-9]{1,2}/cache(?:\.[0-9]{1,2})?\.db)")


class Place(Struct, frozen=True, kw_only=True):
    """What a file of a box is, and where it is restored to.

    ``within`` is relative to the warm state's folder for tests and to mypy's cache for mypy; it is
    "" for a file that is read and not restored.
    """

    kind: Kind
    within: str


_FIXED = {
    DB: Place(kind="tests", within="dependencies.db"),
    LEARNED: Place(kind="learned", within="learned.json"),
    WATCHED: Place(kind="watched", within="watched.json"),
    TIMES: Place(kind="times", within="times.json"),
    FINGERPRINT: Place(kind="text", within=""),
}


def place(path: str) -> Place | None:
    """Return the place of a file by its path in the box; None for a file that no box may hold."""
    shard = _MYPY.fullmatch(path)
    return Place(kind="mypy", within=shard[1]) if shard else _FIXED.get(path)


def boxed(recorded: str, *, mypy: bool) -> str | None:
    """Return the path in a box for a recorded file; None for one that is not packed."""
    path = f"mypy/{recorded}" if mypy else f"tests/{recorded}"
    return path if place(path) else None
