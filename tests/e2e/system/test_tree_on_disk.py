"""What stands on disk is seen, whatever git was told to make of it, in real repositories."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import git, working_tree
from firsttry_tasks.system.contents import RACY, blob

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.checkout import Checkout


def _entries(checkout: Checkout) -> dict[str, str]:
    """Look twice: what the first look remembered must not deceive the second."""
    memory = checkout.home / "memory"
    working_tree.look(checkout.root, memory)
    return working_tree.entries(working_tree.look(checkout.root, memory))


ONE, TWO, MORE = b"one\n", b"two\n", b"one\n#2\n"


@pytest.fixture
def tree(checkout: Checkout) -> Checkout:
    """Return a repository whose filter hides lines with a # in them."""
    checkout.git("config", "filter.quiet.clean", "sed /#/d")
    checkout.git("config", "filter.quiet.smudge", "cat")
    checkout.write(".gitattributes", "*.txt filter=quiet\n*.crlf text=auto\n*.id ident\n")
    for name in ("a.txt", "a.crlf", "a.id", "plain", "sub/deep"):
        checkout.write(name, "one\n")
    checkout.commit()
    return checkout


def _told(*words: str) -> Callable[[Checkout], object]:
    """Return the edit of a file that git was told something of."""
    return lambda it: (it.git(*words), it.write("plain", TWO.decode()))


def _same_size_and_time(checkout: Checkout) -> None:
    """Let git look at size and time alone, and keep both."""
    checkout.git("config", "core.trustctime", "false")
    checkout.git("config", "core.checkStat", "minimal")
    before = (checkout.root / "plain").stat()
    checkout.write("plain", TWO.decode())
    os.utime(checkout.root / "plain", ns=(before.st_atime_ns, before.st_mtime_ns))


def _executable(checkout: Checkout) -> None:
    checkout.git("config", "core.fileMode", "false")
    (checkout.root / "plain").chmod(0o755)


def _linked(checkout: Checkout) -> None:
    (checkout.root / "plain").unlink()
    (checkout.root / "plain").symlink_to("a.id")


def _pipe(checkout: Checkout) -> None:
    (checkout.root / "plain").unlink()
    os.mkfifo(checkout.root / "plain")


def _moved_away(checkout: Checkout) -> None:
    (checkout.root / "sub").rename(checkout.home / "sub")
    (checkout.root / "sub").symlink_to(checkout.home / "sub")
    checkout.write("sub/deep", "2")


EDITS: dict[str, tuple[Callable[[Checkout], object], str]] = {
    "a filter hides the edit": (lambda it: it.write("a.txt", "one\n#2\n"), "a.txt"),
    "a filter hides all of it": (lambda it: it.write("a.txt", "#"), "a.txt"),
    "other line ends": (lambda it: it.write("a.crlf", "one\r\n"), "a.crlf"),
    "an expanded ident": (lambda it: it.write("a.id", "$Id: 5 $\n"), "a.id"),
    "assume unchanged": (_told("update-index", "--assume-unchanged", "plain"), "plain"),
    "skip the worktree": (_told("update-index", "--skip-worktree", "plain"), "plain"),
    "same size and time": (_same_size_and_time, "plain"),
    "a mode that git ignores": (
        _executable,
        "plain",
    ),
    "a link in its place": (_linked, "plain"),
    "a pipe in its place": (_pipe, "plain"),
    "a folder that is a link": (_moved_away, "sub/deep"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_the_entry(tree: Checkout, name: str) -> None:
    """A test that reads the file reads something else, so its entry is another."""
    edit, path = EDITS[name]
    before = _entries(tree)[path]
    edit(tree)
    assert _entries(tree)[path] not in {before, ""}


def test_an_edit_of_a_tree_at_rest_is_seen(tree: Checkout) -> None:
    """What git's index and the memory agree upon is not read again; the rest is."""
    time.sleep(RACY / 1e9 + 0.1)
    _entries(tree)
    tree.write("a.txt", "one\n#2\n")
    assert _entries(tree)["a.txt"].endswith(blob(b"one\n#2\n"))


def test_a_file_that_became_what_git_has_is_seen(tree: Checkout) -> None:
    """A file of LFS that is replaced by its own pointer: its bytes are those of the index now."""
    tree.write("a.txt", "one\n#2\n")
    tree.git("add", "a.txt")
    time.sleep(RACY / 1e9 + 0.1)
    before = _entries(tree)["a.txt"]
    tree.write("a.txt", "one\n")
    assert (before, _entries(tree)["a.txt"]) == (
        f"100644 {blob(ONE)}+{blob(MORE)}",
        f"100644 {blob(ONE)}",
    )


def test_a_file_that_can_not_be_compared_is_changed(tree: Checkout) -> None:
    """Without the filter that a file asks for git gives up; what stands there is seen."""
    tree.git("config", "filter.quiet.clean", "no-such-program")
    tree.git("config", "filter.quiet.required", "true")
    tree.write("a.txt", TWO.decode())
    assert _entries(tree)["a.txt"] == f"100644 {blob(TWO)}"


def test_a_clean_submodule_is_seen_file_by_file(tree: Checkout) -> None:
    """A file that a filter of the submodule hides is seen there, too."""
    other = tree.home / "other"
    tree.git("init", "-q", str(other))
    (other / ".gitattributes").write_text("* text=auto\n")
    (other / "m.py").write_text("m\n")
    tree.git("-C", str(other), "add", "-A")
    tree.git("-C", str(other), "commit", "-qm", "m")
    tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub2")
    tree.commit()
    (tree.root / "sub2/m.py").write_bytes(b"m\r\n")
    assert _entries(tree)["sub2/m.py"].endswith(blob(b"m\r\n"))


@pytest.mark.parametrize("broken", ["gitdir: /nowhere/x", None])
def test_a_repository_that_git_refuses_is_walked(tree: Checkout, broken: str | None) -> None:
    """A submodule whose .git leads nowhere still has files that a test reads."""
    tree.write("inner/m.py", "m")
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},inner")
    if broken is None:
        (tree.root / "inner/.git").mkdir()
    else:
        tree.write("inner/.git", broken)
    assert _entries(tree)["inner/m.py"] == f"100644 {blob(b'm')}"


def test_a_link_to_the_machine_is_told(tree: Checkout) -> None:
    """Nobody can say what changes there, and the sentence names the link."""
    (tree.root / "all").symlink_to("/")
    [said] = working_tree.unknown(working_tree.look(tree.root))
    assert said.startswith("all leads to more files")


def test_a_sparse_checkout_has_what_is_there(tree: Checkout) -> None:
    """Files that git left out are gone for a test."""
    tree.git("sparse-checkout", "set", "--no-cone", "/*", "!/sub")
    assert ("sub/deep" in _entries(tree), "plain" in _entries(tree)) == (False, True)


def test_an_index_that_no_longer_fits_is_not_believed(tree: Checkout) -> None:
    """The digest of the index is what says that stamps are still the same."""
    before = git.listing(str(tree.root)).digest
    tree.write("plain", TWO.decode())
    tree.git("add", "plain")
    assert git.listing(str(tree.root)).digest not in {"", before}


def test_a_folder_that_is_no_repository_is_refused(tree: Checkout) -> None:
    """Git's own words are passed on."""
    with pytest.raises(FirstTryError, match="not a git repository"):
        git.listing(str(tree.home))
