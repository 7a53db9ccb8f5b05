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


def test_the_index_is_none_of_it(folder: Path) -> None:
    """Every `git status` may write it."""
    before = _known(folder)
    (folder / "index").write_text("DIRC")
    assert _known(folder) == before == file_state.references(folder)
