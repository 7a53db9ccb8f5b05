"""The one list of what a box may hold: each file's name in it, and where it belongs."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

Kind = Literal["tests", "learned", "watched", "mypy", "text"]

#: Beside what a full run recorded: the key of the result that it belongs to.
SEAL = "seal.json"

DB = "tests/dependencies.db"
LEARNED = "tests/learned.json"
WATCHED = "tests/watched.json"
FINGERPRINT = "fingerprint.txt"
#: Without these a box is of no use.
NEEDED = (FINGERPRINT, LEARNED, DB, WATCHED)

_MYPY = re.compile(r"mypy/(3\.[0-9]{1,2}/cache(?:\.[0-9]{1,2})?\.db)")


class Place(Struct, frozen=True, kw_only=True):
    """What a file of a box is, and where it belongs; ``""`` for what is only read.

    ``within`` is relative to the warm state's folder for tests, to mypy's cache for mypy.
    """

    kind: Kind
    within: str


_FIXED = {
    DB: Place(kind="tests", within="dependencies.db"),
    LEARNED: Place(kind="learned", within="learned.json"),
    WATCHED: Place(kind="watched", within="watched.json"),
    FINGERPRINT: Place(kind="text", within=""),
}


def place(path: str) -> Place | None:
    """Return what a file of a box is, or None for what no box may hold."""
    shard = _MYPY.fullmatch(path)
    return Place(kind="mypy", within=shard[1]) if shard else _FIXED.get(path)


def boxed(recorded: str, *, mypy: bool) -> str | None:
    """Return the name in a box of a recorded file, or None for what stays out."""
    found = f"mypy/{recorded}" if mypy else f"tests/{recorded}"
    return found if place(found) else None
