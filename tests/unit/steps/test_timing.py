"""What tests took is kept a line a run, and read as what counts of each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.steps.observe import timing

if TYPE_CHECKING:
    from pathlib import Path


def test_the_last_runs_of_a_kind_count(tmp_path: Path) -> None:
    """Five of them, whoever else ran in between."""
    for number in range(7):
        timing.add(tmp_path, "ci", {"a.py::t": float(number)})
        timing.add(tmp_path, "laptop", {"a.py::t": 9.0})
    assert timing.read(tmp_path).kinds["ci"] == {"a.py::t": (2.0, 3.0, 4.0, 5.0, 6.0)}


def test_half_a_line_costs_one_run(tmp_path: Path) -> None:
    """A kill while it was written; what came before and after stays."""
    timing.add(tmp_path, "ci", {"a.py::t": 1.0})
    place = tmp_path / state_paths.TIMES
    place.write_bytes(place.read_bytes() + place.read_bytes()[:20] + b"\n")
    timing.add(tmp_path, "ci", {"a.py::t": 3.0})
    assert timing.read(tmp_path).kinds == {"ci": {"a.py::t": (1.0, 3.0)}}


def test_a_golden_cache_brings_times_along(tmp_path: Path) -> None:
    """They are older than those of this checkout's own runs."""
    made, there = tmp_path / "made", tmp_path / "there"
    timing.add(made, "ci", {"a.py::t": 1.0, "a.py::u": 2.0})
    timing.bring(made, (there / state_paths.GOLDEN_TIMES).parent)
    timing.add(there, "ci", {"a.py::t": 5.0})
    assert timing.read(there).kinds == {"ci": {"a.py::t": (1.0, 5.0), "a.py::u": (2.0,)}}
