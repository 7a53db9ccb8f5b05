"""A folder that others may write to is read as what a stranger left there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from firsttry_tasks.stores import RefusedError, TooLargeError
from firsttry_tasks.stores.folder import FolderStore


@pytest.mark.parametrize("kind", ["pipe", "link", "link to a device", "device's endless bytes"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    """A pipe would be waited for, a link leads elsewhere, and a device never ends."""
    place = tmp_path / "box.json"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "link":
        (tmp_path / ".other").write_bytes(b"1")
        place.symlink_to(tmp_path / ".other")
    elif kind == "link to a device":
        place.symlink_to("/dev/zero")
    store = FolderStore(Path("/dev") if kind.startswith("device") else tmp_path)
    with pytest.raises(RefusedError):
        store.get("zero" if kind.startswith("device") else "box.json", 10)
    assert "box.json" not in {it.key for it in FolderStore(tmp_path).entries()}


def test_no_more_than_the_bound_is_read(tmp_path: Path) -> None:
    """Ten gigabytes of holes take no room on the disk, and would take all of the memory."""
    with (tmp_path / "box.json").open("wb") as stream:
        stream.truncate(10 << 30)
    with pytest.raises(TooLargeError):
        FolderStore(tmp_path).get("box.json", 10)


def test_a_file_of_the_bound_is_read(tmp_path: Path) -> None:
    """And one that is not there is none."""
    (tmp_path / "box.json").write_bytes(b"0123456789")
    store = FolderStore(tmp_path)
    assert (store.get("box.json", 10), store.get("gone", 10)) == (b"0123456789", None)
