"""What is remembered of files by their stamps."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import contents
from firsttry_tasks.system.contents import Contents

if TYPE_CHECKING:
    from pathlib import Path

OLD = 1_600_000_000


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _ask(memory: Contents, path: Path) -> str | None:
    return memory.blob(str(path), path.lstat())


def _at_rest(memory: Contents) -> Contents:
    """Let every file of now count as one that was written long ago."""
    memory._settled *= 2  # noqa: SLF001  ctime can't be set back, so the clock is
    return memory


@pytest.mark.parametrize("size", [0, 5, contents.WHOLE, contents.WHOLE + 1])
def test_a_blob_is_gits(tmp_path: Path, size: int) -> None:
    """Read at once or in pieces, the bytes have the name that git gives them."""
    (tmp_path / "a").write_bytes(b"x" * size)
    assert contents.hashed(str(tmp_path / "a")) == _blob(b"x" * size)


def test_a_file_at_rest_is_not_read_again(tmp_path: Path) -> None:
    """The next look believes its stamps."""
    file = tmp_path / "a"
    file.write_text("one")
    memory = _at_rest(Contents(tmp_path / "m"))
    _ask(memory, file)
    memory.keep()
    seen = file.lstat()
    file.unlink()
    assert Contents(tmp_path / "m").blob(str(file), seen) == _blob(b"one")


def test_a_file_of_this_moment_is_read_again(tmp_path: Path) -> None:
    """It may be written once more within a tick of the clock, with the same size."""
    file = tmp_path / "a"
    file.write_text("one")
    memory = Contents(tmp_path / "m")
    _ask(memory, file)
    memory.keep()
    file.write_text("two")
    assert _ask(Contents(tmp_path / "m"), file) == _blob(b"two")


def test_times_that_were_set_back_deceive_nobody(tmp_path: Path) -> None:
    """A file with its old size and time, written anew, is read anew."""
    file = tmp_path / "a"
    file.write_text("one")
    os.utime(file, (OLD, OLD))
    memory = _at_rest(Contents(tmp_path / "m"))
    _ask(memory, file)
    memory.keep()
    (tmp_path / "b").write_text("two")
    (tmp_path / "b").replace(file)
    os.utime(file, (OLD, OLD))
    assert _ask(Contents(tmp_path / "m"), file) == _blob(b"two")


@pytest.mark.parametrize("text", ["", "garbage", "[]", '{"a": [[1, 2, 3], "x"]}'])
def test_a_memory_that_is_garbage_is_made_anew(tmp_path: Path, text: str) -> None:
    """It only saves time."""
    (tmp_path / "m").mkdir()
    for name in ("contents.json", "trees.json"):
        (tmp_path / "m" / name).write_text(text)
    (tmp_path / "a").write_text("one")
    assert _ask(Contents(tmp_path / "m"), tmp_path / "a") == _blob(b"one")


def test_a_name_that_is_no_text_is_forgotten(tmp_path: Path) -> None:
    """Its file is read each time, and the others are remembered."""
    odd = tmp_path / os.fsdecode(b"\xff")
    odd.write_text("odd")
    (tmp_path / "a").write_text("one")
    memory = _at_rest(Contents(tmp_path / "m"))
    _ask(memory, odd)
    _ask(memory, tmp_path / "a")
    memory.keep()
    assert [*Contents(tmp_path / "m")._known] == [str(tmp_path / "a")]  # noqa: SLF001


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    """What takes a file's place meanwhile is no file."""
    os.mkfifo(tmp_path / "a")
    assert contents.hashed(str(tmp_path / "a")) is None


def test_a_restless_tree_is_not_settled(tmp_path: Path) -> None:
    """A file of this moment may change unseen by the index."""
    (tmp_path / "a").write_text("one")
    memory = Contents(tmp_path / "m")
    _ask(memory, tmp_path / "a")
    memory.settle("top", "digest", {})
    assert memory.settled("top", "digest") is None


@pytest.mark.parametrize(("index", "wanted"), [("one", {"a": "x"}), ("two", None), ("", None)])
def test_a_settled_tree_is_known_by_its_index(
    tmp_path: Path, index: str, wanted: dict[str, str] | None
) -> None:
    """Of another index nothing is known."""
    memory = Contents(tmp_path / "m")
    memory.settle("top", "one", {"a": "x"})
    memory.keep()
    assert Contents(tmp_path / "m").settled("top", index) == wanted
