"""What any code may feel, and tests leave: compared by letters where both runs tell them."""

from __future__ import annotations

import pytest

from firsttry_tasks.model.recording import FELT
from firsttry_tasks.selection.learn.left_names import felt_otherwise

PRECISE, OTHER, PLAIN = f"{FELT}context=aa", f"{FELT}context=bb", f"{FELT}context"


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        ({PRECISE}, {PRECISE}, set()),
        ({PRECISE}, {OTHER}, {PRECISE, OTHER}),
        ({PRECISE}, set(), {PRECISE}),
        (set(), {PRECISE}, {PRECISE}),
        # Another machine's letters say nothing here; a value that differs in each run has none.
        ({PRECISE}, {PLAIN}, set()),
        ({PLAIN}, {PRECISE}, set()),
        ({PLAIN}, set(), {PLAIN}),
        ({"shop.py:TABLE=cc"}, set(), set()),
    ],
)
def test_a_value_is_compared_where_both_runs_tell_it(
    now: set[str], before: set[str], found: set[str]
) -> None:
    """Things of modules are compared elsewhere."""
    assert felt_otherwise(now, before) == found
