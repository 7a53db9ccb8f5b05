"""What the process that reads a box's content can come to, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.golden import proof
from firsttry_tasks.golden.box import BadBoxError
from tests.builders import completed
from tests.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.values import Command, Completed

ENDS = {
    "found wrong": (completed("it has a trigger\n", 1), "it has a trigger"),
    "killed": (completed(code=-9), "ended with -9"),
    "crashed": (completed(code=-11), "ended with -11"),
    "broken": (completed(code=2, err="Traceback\nOSError: no space"), "2 OSError: no space"),
    "never ending": (completed(timed_out=True), "takes longer than 120 s"),
}


@pytest.mark.parametrize(("done", "words"), ENDS.values(), ids=ENDS)
def test_every_bad_end_refuses_the_box(tmp_path: Path, done: Completed, words: str) -> None:
    """Whatever became of the process, the box is not taken."""
    with pytest.raises(BadBoxError, match=words):
        proof.prove(boxes.manifest({}), tmp_path, lambda _command: done)


def test_a_good_end_takes_it(tmp_path: Path) -> None:
    """It is asked in a place where nothing of the project can be imported, and not for ever."""
    asked: list[Command] = []

    def run(command: Command) -> Completed:
        asked.append(command)
        return completed()

    proof.prove(boxes.manifest({}), tmp_path, run)
    [command] = asked
    assert (command.cwd, command.argv[1], command.timeout) == ("/", "-P", proof.PATIENCE)
