"""Divides a shard that kills its workers, until the test that does it stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.selection.shards.plan import Shard

if TYPE_CHECKING:
    from firsttry_tasks.selection.shards.plan import Plan


def halved(plan: Plan, number: int) -> Plan:
    """Return the plan with one shard as two; all others keep their numbers and their tests.

    The shard keeps the first half, and the second becomes the last shard of the plan.
    """
    shard = plan.shards[number - 1]
    middle = len(shard.tests) // 2
    halves = shard.tests[:middle], shard.tests[middle:]
    first, second = (Shard(tests=half, seconds=shard.seconds / 2) for half in halves)
    shards = [*plan.shards, second]
    shards[number - 1] = first
    return replace(plan, shards=tuple(shards))
