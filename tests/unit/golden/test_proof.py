"""What the process that reads a box's content can come to, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.golden import proof
from firsttry_tasks.golden.box import BadBoxError
from tests.unit.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path

ENDS = {
    "found wrong": ((1, b"it has a trigger\n", ""), "it has a trigger"),
    "killed": ((-9, b"", ""), "ended with -9"),
    "crashed": ((-11, b"", ""), "ended with -11"),
    "broken": ((2, b"", "Traceback\nOSError: no space"), "2 OSError: no space"),
    "never ending": ((proof.TOO_LONG, b"", ""), "takes longer than 120 s"),
}


@pytest.mark.parametrize(("done", "words"), ENDS.values(), ids=ENDS)
def test_every_bad_end_refuses_the_box(
    tmp_path: Path, done: tuple[int, bytes, str], words: str
) -> None:
    """Whatever became of the process, the box is not taken."""
    with pytest.raises(BadBoxError, match=words):
        proof.prove(boxes.manifest({}), tmp_path, ask=lambda _argv: done)


def test_a_good_end_takes_it(tmp_path: Path) -> None:
    """It is asked so that nothing of the project can be imported."""
    asked: list[str] = []

    def ask(argv: tuple[str, ...]) -> tuple[int, bytes, str]:
        asked.extend(argv)
        return 0, b"", ""

    proof.prove(boxes.manifest({}), tmp_path, ask=ask)
    assert asked[1:] == ["-P", "-m", "firsttry_tasks.golden.proof", str(tmp_path)]
