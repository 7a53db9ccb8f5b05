"""Files of JSON lines: a line that can't be read costs itself alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import json_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """One value a line, in order."""
    json_lines.write(tmp_path / "a", [["x"], ["y", "z"]])
    assert json_lines.read(tmp_path / "a", list[str]) == [["x"], ["y", "z"]]


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    """It is as if nothing had been kept."""
    assert json_lines.read(tmp_path / "a", list[str]) == []


@pytest.mark.parametrize("bad", [b'["x', b"", b"[1]", b'["\xff"]', b"\xff", b"\0" * 9])
def test_a_bad_line_costs_itself_alone(tmp_path: Path, bad: bytes) -> None:
    """Cut, empty, of another kind, or no text at all."""
    (tmp_path / "a").write_bytes(b'["x"]\n' + bad + b'\n["y"]\n')
    assert json_lines.read(tmp_path / "a", list[str]) == [["x"], ["y"]]
