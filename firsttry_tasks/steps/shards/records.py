"""Put what several machines recorded into this machine's words, and see that they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model import steering
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.steps.run.learning import Learned
from firsttry_tasks.system.privacy import seals
from firsttry_tasks.system.privacy.outside import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.selection.shards.runs import ShardRun
    from firsttry_tasks.steps.run.project import Project


def agree(here: Project, runs: Sequence[ShardRun]) -> None:
    """Raise FirstTryError where a shard ran with other variables than are set here.

    Only those count that steer the tools, and only their names are told.
    """
    ours = set(steering.names(here.environment))
    for run in runs:
        known = translated(here, run)
        asked = sorted(ours.union(run.steering))
        names = [name for name in asked if known.get(name, "") != here.variable(name)]
        if names:
            raise FirstTryError(
                f"Shard {run.number} of {len(runs)} ran in another environment than this one:"
                f" {', '.join(names)}. Set the same there and here, and run it again."
            )


def translated(here: Project, run: ShardRun) -> dict[str, str]:
    """Return the digests of a run's variables as this machine makes them of the same values."""
    other = {name for name, digest in run.digests.items() if digest != here.variable(name)}
    same = seals.held({n: it for n, it in run.sealed.items() if n in other}, here.value)
    return {n: here.variable(n) if n in same else it for n, it in run.digests.items()}


def learned(here: Project, runs: Sequence[ShardRun]) -> Learned:
    """Return what all runs recorded, as one run would have."""
    variables = _unified([translated(here, run) for run in runs])
    outside = _unified([run.outside for run in runs])
    records = (one for run in runs for one in run.records)
    found = tuple(
        replace(one, environment={n: variables.get(n, it) for n, it in one.environment.items()})
        for one in records
    )
    return Learned(found, lambda name, _began: outside.get(name))


def _unified(several: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the digests of all; what two machines have different equals nothing afterwards."""
    found: dict[str, str] = {}
    for one in several:
        for name, digest in one.items():
            found[name] = digest if found.get(name, digest) == digest else UNKNOWN
    return found
