"""Foreign boxes take no more memory than they may, whatever they unpack to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.golden import proof
from tests.unit.golden import greedy, hostile

if TYPE_CHECKING:
    from tests.unit.golden.hostile import Served

MEBI = 1 << 20
#: What the run itself may take: Python, zstd's window, and a box of some megabytes.
OWN = 200 * MEBI
#: What the process that reads content may take: its bound, and Python.
CHILD = proof.MOST_MEMORY + 64 * MEBI
HERE = Path(__file__).parents[3]


def _take(folder: Path, served: Served) -> dict[str, Any]:
    for name, data in zip(("label", "data"), served, strict=True):
        (folder / name).write_bytes(data)
    argv = [sys.executable, "-m", "tests.unit.golden.measured", str(folder)]
    done = subprocess.run(argv, cwd=HERE, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_good_box_takes_little(tmp_path: Path) -> None:
    """The control: it is taken, and the two processes are measured."""
    found = _take(tmp_path, hostile.good(tmp_path))
    little = 0 < found["own"] < 100 * MEBI > found["child"] > 0
    assert (found["reason"], little) == ("", True), found


@pytest.mark.few(1)
@pytest.mark.slow
@pytest.mark.parametrize("name", greedy.BOXES)
def test_greedy_boxes_are_refused_within_the_bound(tmp_path: Path, name: str) -> None:
    """By size, by count and by ratio."""
    found = _take(tmp_path, greedy.BOXES[name](tmp_path))
    bounded = found["own"] <= OWN and found["child"] <= CHILD
    assert (bool(found["reason"]), bounded) == (True, True), found


def test_an_endless_reading_is_ended() -> None:
    """By the system, and the code that it ends with is the one that is known."""
    code = (
        "from firsttry_tasks.system import machine\n"
        "machine.limit_resources(1 << 30, 1)\nwhile True: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, check=False, timeout=60)
    assert done.returncode == proof.TOO_LONG
