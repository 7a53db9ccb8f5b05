"""Says which recorded run selection can do without, where more are kept than it should read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun


def superfluous(held: Mapping[int, RecordedRun]) -> int:
    """Return the number of the run to forget; ``held`` has at least two, the newest first.

    The newest one stays. Of the others the one goes that alone holds the fewest tests: what rarely
    runs would otherwise be lost to the many small warm runs. Of equals the one goes whose tree has
    the least in common with the others, as the oldest of a history has: the tree at which edits
    begin, and to which they come back when they are taken back, is near to all of them.
    """
    tests = {number: {test.nodeid for test in one.tests} for number, one in held.items()}
    times = Counter(nodeid for known in tests.values() for nodeid in known)
    alone = {number: sum(times[nodeid] == 1 for nodeid in known) for number, known in tests.items()}
    trees = {number: one.manifest.items() for number, one in held.items()}
    shared = Counter(item for tree in trees.values() for item in tree)
    # The more, the fewer files differ between this tree and each of the others, taken together.
    near = {
        number: sum(2 * shared[it] - len(held) for it in tree) for number, tree in trees.items()
    }
    return min(list(held)[1:], key=lambda number: (alone[number], near[number], number))
