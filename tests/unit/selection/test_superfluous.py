"""Which recorded run is forgotten where there are too many."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from firsttry_tasks.selection.evidence.superfluous import superfluous


def _run(tests: str, **tree: int) -> Any:
    return SimpleNamespace(
        tests=[SimpleNamespace(nodeid=it) for it in tests],
        manifest={path: str(blob) for path, blob in tree.items()},
    )


_CLEAN = {"a": 0, "b": 0, "c": 0}


@pytest.mark.parametrize(
    ("runs", "victim"),
    [
        # Edits that were taken back, each from the same tree, which is the oldest.
        ([_run("xy", **_CLEAN | {name: 1}) for name in "abc"] + [_run("xy", **_CLEAN)], 2),
        # Commits, one after the other.
        ([_run("xy", **dict.fromkeys("abc"[:at], 1) | {"d": 0}) for at in (3, 2, 1)], 1),
        # A test that only the oldest has.
        ([_run("xy", a=1), _run("x", a=2), _run("xyz", b=1)], 2),
        # The newest stays, whatever it has.
        ([_run("x", z=1), _run("xy", a=1), _run("xy", a=1)], 1),
    ],
)
def test_the_run_that_tells_least_is_forgotten(runs: list[Any], victim: int) -> None:
    """By the tests that only it has, then by how far its tree is from the others."""
    numbered = dict(zip(range(len(runs), 0, -1), runs, strict=True))
    assert superfluous(numbered) == victim
