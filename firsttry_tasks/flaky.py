"""Memory of tests that answer both ways, as a fold: memory and sightings give memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.values import FlakyMemory

FILE = "ci/flaky_tests.json"


def remember(memory: FlakyMemory, seen: Iterable[str]) -> FlakyMemory:
    """Return the memory with the seen tests in it, sorted and each once."""
    return msgspec.structs.replace(memory, nodeids=tuple(sorted({*memory.nodeids, *seen})))


def audit(memory: FlakyMemory, limit: int) -> tuple[str, ...]:
    """Return the audit's lines: the count, a warning above the limit, and every test."""
    count = len(memory.nodeids)
    if not count:
        return ("No flaky tests are recorded.",)
    lines = [f"{count} flaky {'test' if count == 1 else 'tests'} (limit {limit}):"]
    if count > limit:
        lines.append(
            f"WARNING: more than {limit} flaky tests. Fix the worst, or mark them, and take them "
            f"out of {FILE}."
        )
    return (*lines, *(f"  {nodeid}" for nodeid in memory.nodeids))
