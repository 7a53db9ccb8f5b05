"""What stands behind links, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from firsttry_tasks.model.entries import ENDLESS, OUTSIDE
from firsttry_tasks.system.contents import Contents, blob
from firsttry_tasks.system.link_targets import LinkTargets


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Return a tree, with room beside it for what lies outside."""
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def _behind(top: Path, target: str, **bounds: int) -> str:
    link = top / f"link-{len(os.listdir(top))}"  # noqa: PTH208
    link.symlink_to(target)
    return LinkTargets(str(top), Contents(), **bounds).behind(str(link))


def test_a_file_inside_is_known_by_its_content(top: Path) -> None:
    """Another path of the tree stands for it as well."""
    (top / "a").write_text("one")
    assert _behind(top, "a") == blob(b"one")


def test_a_file_outside_says_so(top: Path) -> None:
    """No other path stands for it."""
    (top.parent / "a").write_text("one")
    assert _behind(top, "../a") == blob(b"one") + OUTSIDE


@pytest.mark.parametrize("target", ["nowhere", "link-0", ".", "link-0/x"])
def test_what_leads_nowhere_is_only_its_text(top: Path, target: str) -> None:
    """Nothing, itself, and a folder that is in the tree anyway."""
    assert _behind(top, target) == ""


def test_a_pipe_is_not_opened(top: Path) -> None:
    """Nobody would ever write to it."""
    os.mkfifo(top / "pipe")
    assert _behind(top, "pipe") == "pipe"


def test_a_device_is_not_opened(top: Path) -> None:
    """It never ends."""
    assert _behind(top, "/dev/zero") == "device" + OUTSIDE


def test_a_folder_outside_is_known_by_all_that_it_holds(top: Path) -> None:
    """A file that comes, far below, is seen."""
    (top.parent / "lib/deep").mkdir(parents=True)
    before = _behind(top, "../lib")
    (top.parent / "lib/deep/x").write_text("x")
    assert _behind(top, "../lib") not in {before, ENDLESS}


def test_a_circle_of_folders_ends(top: Path) -> None:
    """A link in a folder is followed to a file and no further."""
    (top.parent / "lib").mkdir()
    (top.parent / "lib/up").symlink_to("..")
    (top.parent / "lib/gone").symlink_to("nowhere")
    assert _behind(top, "../lib").endswith(OUTSIDE)


def test_too_many_files_are_endless(top: Path) -> None:
    """Nobody knows then what changes there."""
    (top.parent / "lib").mkdir()
    for name in "abc":
        (top.parent / "lib" / name).write_text(name)
    assert _behind(top, "../lib", files=2) == ENDLESS


def test_a_large_file_is_known_by_its_stamps(top: Path) -> None:
    """It is not read, and it changes when it is written."""
    large = top.parent / "large"
    large.write_text("123")
    before = _behind(top, "../large", read=2)
    other = Path(f"{large}.new")
    other.write_text("123")
    other.replace(large)
    assert (before[0], _behind(top, "../large", read=2) == before) == ("~", False)


def test_a_link_in_a_folder_changes_with_its_file(top: Path) -> None:
    """What a test reads through two links counts, too."""
    (top.parent / "lib").mkdir()
    (top.parent / "far").write_text("one")
    (top.parent / "lib/x").symlink_to("../far")
    before = _behind(top, "../lib")
    (top.parent / "far").write_text("two")
    assert _behind(top, "../lib") != before
