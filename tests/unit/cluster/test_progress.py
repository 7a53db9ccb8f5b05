"""A worker tells how far its shard is, and ends it when the run is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.cluster.progress import Look, OverError

if TYPE_CHECKING:
    from pathlib import Path

#: What was told.
Told = list[dict[str, Any]]
LINES = (
    '{"e":"collected","why":{"a::x":"","a::y":""}}\n'
    '{"e":"start","id":"a::x"}\n'
    '{"e":"end","id":"a::x","outcome":"failed","when":"call"}\n'
    '{"e":"start","id":"a::y"}\n'
)


def _look(events: Path, told: Told, *, over: bool = False) -> Look:
    return Look(events, told.append, lambda: over, 0.0)


def test_what_came_since_the_last_look_is_told(tmp_path: Path) -> None:
    """So many have ended, so many failed, and this one runs."""
    events, told = tmp_path / "events.jsonl", Told()
    events.write_text(LINES)
    _look(events, told)()
    assert told == [{"done": 1, "of": 2, "failed": 1, "running": "a::y"}]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    """Somebody may look while pytest is writing."""
    events, told = tmp_path / "events.jsonl", Told()
    look = _look(events, told)
    events.write_text(LINES[:60])
    look()
    events.write_text(LINES)
    look()
    assert told[-1]["done"] == 1


def test_nothing_new_is_not_told(tmp_path: Path) -> None:
    """The scheduler keeps every word."""
    events, told = tmp_path / "events.jsonl", Told()
    events.write_text(LINES)
    look = _look(events, told)
    look()
    look()
    assert len(told) == 1


def test_a_run_that_is_over_ends_the_shard(tmp_path: Path) -> None:
    """By raising: whoever runs pytest ends it then."""
    with pytest.raises(OverError):
        _look(tmp_path / "none", [], over=True)()
