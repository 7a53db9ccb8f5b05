"""Which box fits a commit: the nearest one on main's own line, with the reasons of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.golden.box import Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How many boxes one run tries, or asks why they do not fit.
TRIES = 3


class Candidate(Struct, frozen=True, kw_only=True):
    """A box on the line, and how many commits lie between it and where the line begins."""

    name: Name
    distance: int


class Choice(Struct, frozen=True, kw_only=True):
    """The boxes that fit, nearest first, and the nearer ones that do not."""

    fitting: tuple[Candidate, ...] = ()
    nearer: tuple[Candidate, ...] = ()


def choose(names: Iterable[Name], line: Sequence[str], lock: str, compat_key: str) -> Choice:
    """Choose among the boxes in a store.

    ``line`` has the commits a box may be of, nearest first; a box of any other commit (of a
    branch, of a descendant, of another repository) does not exist here.
    """
    distance = {commit: n for n, commit in enumerate(line)}
    on_it = [name for name in names if name.head in distance]
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
