"""The README's pictures: what a terminal shows in the end, of a session that really ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci import pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("live\r\n\x1b[1F\x1b[Jdone\r\n", "done\n"),
        ("kept\r\na\r\nb\r\n\x1b[2F\x1b[Jdone\r\nb\r\n\x1b[1F\x1b[J", "kept\ndone\n"),
    ],
)
def test_live_lines_are_gone_in_the_end(printed: str, shown: str) -> None:
    """A line that was drawn over is no part of the picture."""
    assert pictures.screen(printed) == shown


def test_a_session_runs_in_a_terminal(tmp_path: Path) -> None:
    """Commands see a terminal of the picture's width, and the last exit code can be asked for."""
    shown = pictures.session(tmp_path, tmp_path, ("stty size; exit 7", "echo $?"))
    printed = [line for line in shown.splitlines() if not line.startswith("\x1b")]
    assert printed == [f"50 {pictures.WIDTH}", "7"]


def test_no_place_of_this_machine_is_shown(tmp_path: Path) -> None:
    """A path of the temporary folder ends the drawing."""
    with pytest.raises(SystemExit, match="a place of this machine"):
        pictures.session(tmp_path, tmp_path, ("pwd",))


def test_a_picture_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Indentation and colors are kept, and no font is loaded."""
    pictures.write(tmp_path / "one.svg", "title", "  \x1b[32mgreen\x1b[0m")
    svg = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert ("green" in svg, "url(http" in svg, "@font-face" in svg) == (True, False, False)
