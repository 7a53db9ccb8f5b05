"""A pool gets more shards than it has workers, none of them too short to be worth its start."""

from __future__ import annotations

import pytest

from firsttry_tasks.selection.shards.balance import spread


@pytest.mark.parametrize(
    ("work", "start", "workers", "most", "shards"),
    [
        (3600.0, 1.0, 8, 5000, 32),  # as many as keep all of them busy to the end
        (60.0, 1.0, 2, 5000, 6),
        (50.0, 1.0, 2, 5000, 4),  # none shorter than ten starts, and as many for each
        (3600.0, 1.0, 1, 5000, 2),  # one that is alone waits for nobody
        (4.0, 1.0, 8, 5000, 8),  # and still one for each worker
        (3600.0, 1.0, 8, 3, 3),  # what can't be divided is not
        (0.0, 0.0, 2, 5000, 8),  # where nothing is known of the start
        (0.0, 1.0, 2, 0, 1),
    ],
)
def test_how_many(work: float, start: float, workers: int, most: int, shards: int) -> None:
    """By the work, the start, the workers, and what can be divided."""
    assert spread(work, start, workers, most) == shards
