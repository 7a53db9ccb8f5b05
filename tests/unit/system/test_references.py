"""What git refers to has one digest, however git keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model.recording import GIT
from firsttry_tasks.system import file_state
from firsttry_tasks.system.privacy.outside import Outside

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return git's folder of a repository with a branch and a tag."""
    folder = tmp_path / GIT
    for name, text in {"HEAD": "ref: refs/heads/main", "refs/heads/main": ONE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{text}\n")
    (folder / "packed-refs").write_text(f"# pack-refs with: peeled\n{ONE} refs/tags/v1\n^{TWO}\n")
    return folder


def _known(folder: Path) -> str:
    return Outside(folder.parent, folder.parent, b"key", {}).content(GIT)


def test_packing_changes_nothing(folder: Path) -> None:
    """Git puts references into one file now and then."""
    before = _known(folder)
    (folder / "refs/heads/main").unlink()
    (folder / "packed-refs").write_text(f"{ONE} refs/heads/main\n{ONE} refs/tags/v1\n")
    assert _known(folder) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("refs/heads/main", TWO),  # a commit
        ("refs/tags/v2", ONE),
        ("HEAD", "ref: refs/heads/other"),
        ("reftable/tables.list", "0x1-0x2.ref"),
    ],
)
def test_what_moves_is_seen(folder: Path, name: str, text: str) -> None:
    """A commit, a tag, another branch; and a repository whose references lie in a table."""
    before = _known(folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    assert _known(folder) != before


def _index(*entries: tuple[str, bytes], time: int = 1, more: int = 0) -> bytes:
    """Return an index of version 2, or of 3 where entries have ``more`` flags."""
    found = [b"DIRC", (3 if more else 2).to_bytes(4), len(entries).to_bytes(4)]
    for name, blob in entries:
        flags = len(name) | (0x4000 if more else 0)
        entry = time.to_bytes(4) * 6 + (0o100644).to_bytes(4) + bytes(12) + blob * 20
        entry += flags.to_bytes(2) + (more.to_bytes(2) if more else b"") + name.encode()
        found.append(entry + bytes(8 - len(entry) % 8))
    return b"".join(found)


def test_times_in_the_index_are_none_of_it(folder: Path) -> None:
    """Every `git status` may write them."""
    (folder / "index").write_bytes(_index(("shop.py", b"a"), ("tests/test_shop.py", b"b")))
    before = _known(folder)
    later = _index(("shop.py", b"a"), ("tests/test_shop.py", b"b"), time=9)
    (folder / "index").write_bytes(later + b"TREE and a checksum")
    assert _known(folder) == before == file_state.references(folder)


@pytest.mark.parametrize(
    "index",
    [
        _index(("shop.py", b"c"), ("tests/test_shop.py", b"b")),
        _index(("shop.py", b"a")),
        _index(("shop.py", b"a"), ("tests/test_more.py", b"b")),
        _index(("shop.py", b"a"), ("tests/test_shop.py", b"b"), more=0x2000),
        b"DIRC" + bytes(8),
        b"DIRC" + (4).to_bytes(4) + bytes(90),
        _index(("shop.py", b"a"))[:70],
    ],
    ids=["content", "gone", "name", "intent to add", "empty", "version 4", "cut"],
)
def test_what_is_staged_is_seen(folder: Path, index: bytes) -> None:
    """By `git add` alone, without a commit."""
    (folder / "index").write_bytes(_index(("shop.py", b"a"), ("tests/test_shop.py", b"b")))
    before = _known(folder)
    (folder / "index").write_bytes(index)
    assert _known(folder) != before
