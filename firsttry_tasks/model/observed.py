"""The values that tell what tools and tests asked for, and what stood there."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Asked(NamedTuple):
    """One line of a process's log: what was asked, how that ended, and of which path.

    The kinds are those of ``system/boundary/boundary.c``; ``error`` is 0 where the call succeeded.
    """

    kind: str
    error: int
    path: str


class PathState(Struct, frozen=True, array_like=True):
    """What stands at a path, and the stamp by which that is known without reading it again.

    The stamp is empty where the path was written so lately that times can't tell a later write.
    """

    text: str
    stamp: tuple[int, ...] = ()


class Observed(Struct, frozen=True, kw_only=True):
    """All that a tool's last kept run rested on, each with what stood there.

    ``tree`` maps files that git shows to their mode and blob (the stamp is mtime and size).
    ``rest`` maps everything else, named ``<kind> <absolute path>``: ignored and outside files,
    listings, links, look-ups in vain. ``unknown`` says why nothing is known; then the gate is never
    up to date.
    """

    tree: dict[str, PathState] = {}
    rest: dict[str, PathState] = {}
    unknown: str = ""


class ObservedRest(Struct, frozen=True, kw_only=True):
    """The part of ``Observed`` that each run looks at; what git shows is looked at by git."""

    rest: dict[str, PathState] = {}
    unknown: str = ""


class Watched(Struct, frozen=True, kw_only=True):
    """What tests looked at besides the tree, as digests; names of files are portable."""

    variables: dict[str, str] = {}
    files: dict[str, str] = {}


#: The name that stands for all variables: what lists them, asks for each.
ALL = "*"


def place(path: str) -> str:
    """Return a folder or file of the project as a sentence names it."""
    return "the project's own folder" if path == "." else path


def variable(name: str) -> str:
    """Return a variable as a sentence names it."""
    return "one of the variables" if name == ALL else f"the variable {name}"
