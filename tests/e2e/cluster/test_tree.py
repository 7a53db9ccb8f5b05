"""A working tree arrives at a worker as it stands: every file, mode and link, and git's view."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.cluster.tree import checkout as checkouts
from firsttry_tasks.cluster.tree import objects
from firsttry_tasks.cluster.tree.bundle import Bundle, Source, bundled
from firsttry_tasks.cluster.tree.objects import Objects
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import working_tree

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.cluster.tree.checkout import Checkout as Tree
    from tests.e2e.checkout import Checkout


def _sent(checkout: Checkout, held: Objects) -> tuple[Bundle, str]:
    """Bring over what the worker lacks; return the bundle and its name."""
    it = bundled(checkout.root, "", checkout.root / ".firsttry" / "memory", ())
    source = Source(checkout.root, it)
    for message in objects.gathered(source.pieces(held.lacking(source.names))):
        held.take(message)
    return it, source.name


def _arrived(checkout: Checkout, tmp_path: Path) -> Tree:
    held = Objects(tmp_path / "objects")
    _, name = _sent(checkout, held)
    return checkouts.laid_out(tmp_path / "worker" / checkout.root.name, held, name)


def _said(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def test_the_tree_is_the_same_to_a_look(checkout: Checkout, tmp_path: Path) -> None:
    """Committed, staged, changed, deleted, untracked, ignored: a look there sees what is here."""
    checkout.write("docs/page.md", "a page\n")
    checkout.write("tests/data/one.bin", "\0\1")
    checkout.write("gone.py", "1\n")
    checkout.write("run.sh", "#!/bin/sh\n")
    checkout.commit()
    (checkout.root / "run.sh").chmod(0o755)
    (checkout.root / "gone.py").unlink()
    (checkout.root / "link").symlink_to("docs/page.md")
    (checkout.root / "nowhere").symlink_to("no such file")
    checkout.write("tests/docs/new.py", "2\n")
    checkout.write("__pycache__/ignored.pyc", "3\n")
    tree = _arrived(checkout, tmp_path)
    here, there = working_tree.look(checkout.root), working_tree.look(tree.top)
    assert (there.head, working_tree.entries(there)) == (here.head, working_tree.entries(here))
    assert not (tree.top / "__pycache__").exists()


def test_git_answers_there_as_here(checkout: Checkout, tmp_path: Path) -> None:
    """Tests that ask git are told the same, one commit deep, as a checkout in CI is."""
    checkout.write("dodo.py", "# changed\n")
    checkout.git("add", "dodo.py")
    tree = _arrived(checkout, tmp_path)
    for words in (
        ("rev-parse", "HEAD"),
        ("branch", "--show-current"),
        ("status", "--short"),
        ("diff", "--cached"),
        ("ls-files", "-s"),
        ("show", "HEAD:dodo.py"),
    ):
        assert _said(tree.top, *words) == _said(checkout.root, *words)


def test_names_need_not_be_text(checkout: Checkout, tmp_path: Path) -> None:
    """A name that is no UTF-8 is a name all the same."""
    name = os.fsencode(checkout.root) + b"/data-\xff.txt"
    with open(name, "w") as stream:  # noqa: PTH123  bytes
        stream.write("x")
    tree = _arrived(checkout, tmp_path)
    assert os.path.exists(os.fsencode(tree.top) + b"/data-\xff.txt")  # noqa: PTH110


def test_a_second_tree_lacks_only_what_is_new(checkout: Checkout, tmp_path: Path) -> None:
    """What a worker has is not brought over again."""
    held = Objects(tmp_path / "objects")
    _sent(checkout, held)
    checkout.write("new.py", "new\n")
    source = Source(checkout.root, bundled(checkout.root, "", tmp_path / "memory", ()))
    # The file, and the list that names it.
    assert len(held.lacking(source.names)) == 2


@pytest.mark.slow
def test_ten_thousand_files(checkout: Checkout, tmp_path: Path) -> None:
    """A large tree comes whole, with folders whose names other ways of sending leave out."""
    for number in range(100):
        folder = checkout.root / ("tests" if number % 2 else "docs") / f"part{number}"
        folder.mkdir(parents=True)
        for one in range(100):
            (folder / f"f{one}.txt").write_text(f"{number} {one}\n")
    checkout.commit()
    tree = _arrived(checkout, tmp_path)
    assert (len(tree.bundle.files) > 10_000, tree.differing()) == (True, ())


def test_what_tests_left_is_gone_before_the_next_shard(checkout: Checkout, tmp_path: Path) -> None:
    """Each shard begins in the tree that was sent: nothing is changed, gone or new."""
    checkout.write("a/one.txt", "1\n")
    checkout.write("b/two.txt", "2\n")
    tree = _arrived(checkout, tmp_path)
    (tree.top / "dodo.py").write_text("# a test wrote this\n")
    (tree.top / "a" / "one.txt").unlink()
    (tree.top / "a").rmdir()
    (tree.top / "a").write_text("now a file\n")
    (tree.top / "b" / "two.txt").unlink()
    (tree.top / "b" / "two.txt").mkdir()
    (tree.top / "b" / "new").mkdir()
    (tree.top / "artifacts").mkdir()
    tree.tidy()
    assert tree.differing() == ()


def test_a_file_that_changed_meanwhile_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    """What is sent under a name is what the name is of, or the run does not begin."""
    checkout.write("one.txt", "1\n")
    source = Source(checkout.root, bundled(checkout.root, "", tmp_path / "memory", ()))
    checkout.write("one.txt", "2\n")
    held = Objects(tmp_path / "objects")
    with pytest.raises(FirstTryError, match="is another one"):
        held.take(source.pieces(held.lacking(source.names)))


def test_a_link_that_leads_elsewhere_there_is_told(checkout: Checkout, tmp_path: Path) -> None:
    """What lies outside does not travel, so it has to be the same there."""
    outside = tmp_path / "outside.txt"
    outside.write_text("here\n")
    (checkout.root / "link").symlink_to(outside)
    held = Objects(tmp_path / "objects")
    _, name = _sent(checkout, held)
    outside.write_text("there\n")
    with pytest.raises(FirstTryError, match="can't be made here as they are: link"):
        checkouts.laid_out(tmp_path / "worker", held, name)


def test_a_pipe_is_a_pipe_there(checkout: Checkout, tmp_path: Path) -> None:
    """What has no content is made anew."""
    (checkout.root / "dodo.py").unlink()
    os.mkfifo(checkout.root / "dodo.py")
    tree = _arrived(checkout, tmp_path)
    assert (tree.top / "dodo.py").is_fifo()


def test_what_can_not_travel_is_named(checkout: Checkout, tmp_path: Path) -> None:
    """A tree is sent whole or not at all."""
    (checkout.root / "dodo.py").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(checkout.root / "dodo.py"))
        with pytest.raises(FirstTryError, match=r"dodo\.py can't be read as a file or a link"):
            bundled(checkout.root, "", tmp_path / "memory", ())
