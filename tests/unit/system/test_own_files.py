"""Own state: a damaged value is none, and a line that can't be read costs itself alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import own_files

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """One value a line, in order."""
    own_files.write_lines(tmp_path / "a", [["x"], ["y", "z"]])
    assert own_files.lines(tmp_path / "a", list[str]) == [["x"], ["y", "z"]]


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    """It is as if nothing had been kept."""
    assert own_files.lines(tmp_path / "a", list[str]) == []


@pytest.mark.parametrize("bad", [b'["x', b"", b"[1]", b'["\xff"]', b"\xff", b"\0" * 9])
def test_a_bad_line_costs_itself_alone(tmp_path: Path, bad: bytes) -> None:
    """Cut, empty, of another kind, or no text at all."""
    (tmp_path / "a").write_bytes(b'["x"]\n' + bad + b'\n["y"]\n')
    assert own_files.lines(tmp_path / "a", list[str]) == [["x"], ["y"]]


def test_a_value_is_read_as_it_was_written(tmp_path: Path) -> None:
    """And nothing is no value."""
    assert own_files.read(tmp_path / "a", dict[str, str]) is None
    own_files.write(tmp_path / "a", {"TZ": "1"})
    assert own_files.read(tmp_path / "a", dict[str, str]) == {"TZ": "1"}


def test_no_changed_byte_makes_another_value(tmp_path: Path) -> None:
    """Whichever byte becomes another letter: what was written comes back, or nothing."""
    place, value = tmp_path / "a", {"TZ": "1", "HOME": "2"}
    own_files.write(place, value)
    data = place.read_bytes()
    for at in range(len(data)):
        place.write_bytes(data[:at] + b"X" + data[at + 1 :])
        assert own_files.read(place, dict[str, str]) in (None, value)
