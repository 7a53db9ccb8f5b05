"""The machine's key: random, private, made once, and outside of the repository where it can be."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system.privacy import machine_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_key_is_made_once(state: Path, tmp_path: Path) -> None:
    """All checkouts of a user have the same, and nobody else may read it."""
    first = machine_key.place(tmp_path / "a/.firsttry")
    key = machine_key.read(first)
    again = machine_key.read(machine_key.place(tmp_path / "b/.firsttry"))
    mode = stat.S_IMODE(first.stat().st_mode)
    assert (first, key, mode) == (state / "firsttry/key", again, 0o600)


def test_the_home_is_where_the_key_lies_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path in XDG_STATE_HOME counts as none."""
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = machine_key.place(tmp_path / "p/.firsttry")
    assert found == tmp_path / ".local/state/firsttry/key"


@pytest.mark.parametrize("kind", ["cut", "pipe", "link"])
def test_what_is_no_key_is_replaced(state: Path, tmp_path: Path, kind: str) -> None:
    """Half a file, a pipe that nobody writes to, and a link are no keys."""
    place = state / "firsttry/key"
    place.parent.mkdir(parents=True)
    if kind == "cut":
        place.write_bytes(b"short")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        (tmp_path / "other").write_bytes(bytes(32))
        place.symlink_to(tmp_path / "other")
    key = machine_key.read(machine_key.place(tmp_path / ".firsttry"))
    assert (len(key), key == bytes(32), place.is_symlink()) == (32, False, False)


def test_without_a_folder_of_the_user_the_key_is_the_checkouts(state: Path, tmp_path: Path) -> None:
    """Some containers have a home that can't be written."""
    state.write_text("no folder")
    found = machine_key.place(tmp_path / ".firsttry")
    assert (found, len(machine_key.read(found))) == (tmp_path / ".firsttry/key", 32)
