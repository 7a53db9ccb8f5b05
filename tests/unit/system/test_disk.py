"""Files are written whole or not at all, and checked as they are read."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, file_state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class _Kept(msgspec.Struct):
    n: int


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Folders on the way are made."""
    place = tmp_path / "a/b.json"
    disk.write_json(place, _Kept(3))
    assert disk.read_json(place, _Kept) == _Kept(3)


@pytest.mark.parametrize("moment", ["fsync", "chmod", "rename"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: BaseException
) -> None:
    """At whatever moment it ends: the old content, and nothing beside it."""
    place = tmp_path / "a.json"
    disk.write(place, b"old")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, {"rename": "replace"}.get(moment, moment), fail)
    with pytest.raises((FirstTryError, KeyboardInterrupt)):
        disk.write(place, b"new")
    monkeypatch.undo()
    assert (place.read_bytes(), [it.name for it in tmp_path.iterdir()]) == (b"old", ["a.json"])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    """Who closed a file to others, or made it executable, meant it."""
    place = tmp_path / "a"
    place.touch()
    place.chmod(mode)
    disk.write(place, b"new")
    assert stat.S_IMODE(place.stat().st_mode) == mode


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_mode_that_the_user_asks_for(tmp_path: Path, mask: int) -> None:
    """By the umask, as for any other program."""
    before = os.umask(mask)
    try:
        disk.write(tmp_path / "a", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through(tmp_path: Path, *, there: bool) -> None:
    """It stays a link, and what it leads to has the content, even if that was missing."""
    real, link = tmp_path / "real/a", tmp_path / "link"
    real.parent.mkdir()
    if there:
        real.write_bytes(b"old")
    link.symlink_to("real/a")
    disk.write(link, b"new")
    assert (link.is_symlink(), real.read_bytes()) == (True, b"new")


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    """Its age means that it changed."""
    place = tmp_path / "a"
    disk.write(place, b"x")
    os.utime(place, (1, 1))
    assert (disk.write_if_changed(place, b"x"), place.stat().st_mtime) == (False, 1)


def test_absent_is_none(tmp_path: Path) -> None:
    """No file is an answer, not an error."""
    assert (disk.read(tmp_path / "x"), disk.read_json(tmp_path / "x", _Kept)) == (None, None)


def test_a_file_in_the_place_of_a_folder_is_absent(tmp_path: Path) -> None:
    """Nothing can stand below a file."""
    (tmp_path / "x").touch()
    assert disk.read(tmp_path / "x/y") is None


@pytest.mark.parametrize("text", ["", "{", '{"n": "3"}', "\xff"])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    """The sentence has the file."""
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(FirstTryError, match=r"x\.json can't be read"):
        disk.read_json(tmp_path / "x.json", _Kept)


def test_our_own_state_that_is_wrong_counts_as_absent(tmp_path: Path) -> None:
    """It can be made again."""
    (tmp_path / "x.json").write_text("{")
    assert disk.read_own(tmp_path / "x.json", _Kept) is None


def test_our_folder_hides_itself_from_git(tmp_path: Path) -> None:
    """No project has to list it in its .gitignore."""
    assert (disk.own_folder(tmp_path / ".x") / ".gitignore").read_text() == "*\n"


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """A project may keep an artifacts folder of its own in git."""
    (tmp_path / "artifacts").mkdir()
    disk.own_folder(tmp_path / "artifacts")
    assert list((tmp_path / "artifacts").iterdir()) == []


def _back(place: Path) -> None:
    place.write_text("y")
    place.write_text("x")
    os.utime(place, (1, 1))


def _replace(place: Path) -> None:
    place.rename(f"{place}~")
    place.write_text("x")
    os.utime(place, (1, 1))


EDITS: dict[str, Callable[[Path], object]] = {
    "written": lambda it: it.write_text("xx"),
    "written back": _back,
    "replaced": _replace,
    "deleted": lambda it: it.unlink(),
}


@pytest.mark.parametrize("name", EDITS)
def test_stamps_tell_that_a_file_was_touched(tmp_path: Path, name: str) -> None:
    """Even where content, size and time of the last write are as before."""
    place = tmp_path / "a"
    place.write_text("x")
    os.utime(place, (1, 1))
    before = file_state.stamps(tmp_path, ["a"])
    EDITS[name](place)
    assert file_state.stamps(tmp_path, ["a"]) != before


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    """It is gone, as was asked."""
    disk.remove(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_removing_a_link_leaves_its_target(tmp_path: Path) -> None:
    """A link to a folder is only a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    disk.remove(tmp_path / "link")
    assert [it.name for it in tmp_path.iterdir()] == ["real"]


def test_only_the_first_does_not_wait(tmp_path: Path) -> None:
    """Who comes alone is not told to wait."""
    calls: list[object] = []
    with disk.exclusive_lock(tmp_path / "lock", lambda: calls.append("waits"), calls.append):
        pass
    assert calls == []


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can't lock is told so, and goes on."""

    def flock(_handle: int, _how: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    calls: list[object] = []
    with disk.exclusive_lock(tmp_path / "lock", lambda: calls.append("waits"), calls.append):
        calls.append("inside")
    assert [getattr(it, "errno", it) for it in calls] == [errno.EOPNOTSUPP, "inside"]


def test_links_are_found_so_deep_as_asked(tmp_path: Path) -> None:
    """A link is named and not followed; what lies deeper is not looked at."""
    (tmp_path / "a/b").mkdir(parents=True)
    for place in ("x", "a/x", "a/b/x"):
        (tmp_path / place).symlink_to(tmp_path)
    found = {depth: sorted(map(str, disk.links(tmp_path, depth))) for depth in (0, 1, 2)}
    assert found == {0: [], 1: [f"{tmp_path}/x"], 2: [f"{tmp_path}/a/x", f"{tmp_path}/x"]}
    assert list(disk.links(tmp_path / "x", 3)) == [tmp_path / "x"]
