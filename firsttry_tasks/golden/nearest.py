"""Chooses the boxes to try for a commit: those nearest in its history whose parts match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.golden.box import Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How many boxes one run tries, or asks why they do not fit. Each costs a request within the
#: seconds that a warm run gives the store; one damaged box must not be the end. A judgement.
TRIES = 3


class Candidate(Struct, frozen=True, kw_only=True):
    """A box of a commit in the history, and how many commits back from the start it is."""

    name: Name
    distance: int


class Choice(Struct, frozen=True, kw_only=True):
    """The boxes that match, nearest first, and those nearer (for the message) that do not match."""

    fitting: tuple[Candidate, ...] = ()
    nearer: tuple[Candidate, ...] = ()


def choose(names: Iterable[Name], line: Sequence[str], lock: str, compat_key: str) -> Choice:
    """Choose among the boxes in a store.

    ``line`` has the commits that a box may be of, nearest first. Boxes of other commits (of a
    branch, of a descendant, of another repository) are ignored.
    """
    distance = {commit: n for n, commit in enumerate(line)}
    on_it = [name for name in names if name.head in distance]
    # By name too: a store lists its files in any order, and each machine should try the same box.
    there = sorted(
        (Candidate(name=name, distance=distance[name.head]) for name in on_it),
        key=lambda found: (found.distance, str(found.name)),
    )
    fitting = tuple(c for c in there if c.name.lock == lock and c.name.compat_key == compat_key)
    bound = fitting[0].distance if fitting else len(line)
    nearer = tuple(c for c in there if c not in fitting and c.distance <= bound)
    return Choice(fitting=fitting[:TRIES], nearer=nearer[:TRIES])


def away(distance: int) -> str:
    """Return the distance in words."""
    if not distance:
        return "this very commit"
    return f"{distance} commit{'s' if distance > 1 else ''} back"
