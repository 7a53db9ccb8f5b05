"""Tables of what was played in real projects."""

import pytest

from benchmarks import drill, history
from benchmarks.playing import Proved
from firsttry_tasks.parity import proof
from firsttry_tasks.parity.played import Faulty, Missed, Step

TIMES = {"warm_seconds": 1.0, "full_seconds": 4.0, "warm_cpu": 1.0, "full_cpu": 2.0}
LEARNED = Step(commit="a", state="learned", ran=4, total=4, files_ran=1, files=2, **TIMES)  # type: ignore[arg-type]
MISS = Missed(nodeid="t.py::a", before="passed", now="failed")
STEP = Step(commit="b", changed=2, ran=1, total=4, files_ran=1, files=2, missed=(MISS,), **TIMES)  # type: ignore[arg-type]
FAULT = Faulty(kind="body", place="a.py:1", broke=3, ran=3, total=4, **TIMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        pytest.param(
            history.table(
                [Proved(project="p", proof=proof.proof("replay", [LEARNED, STEP], 0, 1))]
            ),
            "| p | 1 | 1 | 2 | 0 | 0 | 1 | 0 | 25.0% | 25.0% | 50.0% | 0.25 | 0.50 |",
            id="history",
        ),
        pytest.param(
            drill.table([Proved(project="p", proof=proof.proof("drill", [FAULT], 0, 1))]),
            "| p | 1 | 1 | 3 | 0 | 75.0% | 75.0% | 75.0% | 0.25 | 0.50 |",
            id="drill",
        ),
    ],
)
def test_a_project_is_a_row(table: str, row: str) -> None:
    """What was only learned counts in no share."""
    assert table.splitlines()[2] == row
