"""What a pool is given to do, and what became of it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from firsttry_tasks.cluster.likeness import Likeness
from firsttry_tasks.cluster.remote import Ticket
from firsttry_tasks.cluster.tree.bundle import Source
from firsttry_tasks.config.settings import PoolSettings
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.selection.shards.plan import Plan


class LostError(FirstTryError):
    """The cluster can't be used any more; what has been done stays done."""


class Work(Struct, frozen=True, kw_only=True):
    """What a pool is given: a plan, its tree, what workers must be like, how a shard is started.

    ``shared`` has the objects that a shard needs besides the tree. Files of shards are written into
    ``folder``. ``alone``: no other machine can join.
    """

    run: str
    source: Source
    wanted: Likeness
    ticket: Ticket
    shared: dict[str, bytes]
    folder: Path
    settings: PoolSettings
    alone: bool = False


class Done(Struct, kw_only=True):
    """What became of a plan's shards, by their numbers; ``plan`` has more of them by the end.

    ``killed`` are shards whose one test killed its workers, ``ended`` those that were not run to
    their end, because another one's failure ended the run.
    """

    plan: Plan
    files: dict[int, Path] = {}
    killed: set[int] = set()
    ended: set[int] = set()

    @property
    def waiting(self) -> tuple[int, ...]:
        """Return the shards of which nothing is known yet."""
        of = range(1, len(self.plan.shards) + 1)
        settled = self.files.keys() | self.killed | self.ended
        return tuple(number for number in of if number not in settled)
