"""What a process looked at, as its logs say, is asked for once more."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.boundary.gathering import Gathering
from firsttry_tasks.recorder.tracing.attribution import Attribution

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a file and a folder, written a while ago."""
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "read.txt").write_text("old")
    return tmp_path / "project"


def _moved(root: Path, *lines: str, listed: str = "") -> bool:
    """Tell whether anything moved since now; the lines are those of a log before that."""
    attribution = Attribution(str(root))
    if listed:
        attribution.add("list", listed)
    early = root.parent / "early"
    early.mkdir(exist_ok=True)
    (early / str(os.getpid())).write_bytes(b"".join(f"{it}\0".encode() for it in lines))
    mark = root.parent / "mark"
    since = mark.stat().st_mtime_ns if mark.exists() else 0
    return Gathering(attribution, root.parent / "records").moved(early, since)


def _mark(root: Path) -> None:
    """Let it be now; what was written before is older by the clock of the file system."""
    mark = root.parent / "mark"
    mark.touch()
    while mark.stat().st_mtime_ns <= (root / "read.txt").stat().st_ctime_ns:
        mark.touch()


def test_a_file_that_was_read(root: Path) -> None:
    """It moved when it was written, or is gone; another process's is no matter."""
    _mark(root)
    line = f"f0 0 {root}/read.txt"
    assert not _moved(root, line)
    (root / "read.txt").write_text("new")
    assert _moved(root, line)
    (root / "read.txt").unlink()
    assert _moved(root, line)


def test_a_file_that_was_not_there(root: Path) -> None:
    """It moved when it came."""
    _mark(root)
    line = f"f{errno.ENOENT} 0 {root}/absent.txt"
    assert not _moved(root, line)
    (root / "absent.txt").write_text("")
    assert _moved(root, line)


def test_a_folder(root: Path) -> None:
    """That it is there has not changed; what it lists has."""
    _mark(root)
    (root / "data" / "new.txt").write_text("")
    assert not _moved(root, f"s0 0 {root}/data")
    assert _moved(root, listed="data")


def test_what_is_no_path(root: Path) -> None:
    """Variables, processes, git's and the tools' own folders are no files of the project."""
    _mark(root)
    (root / ".git").mkdir()
    (root / ".git" / "index").write_text("")
    assert not _moved(root, "v0 0 HOME", "p1 0 x", f"f0 0 {root}/.git/index")
