"""What one look at the tree sees, in real repositories."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import git, working_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.checkout import Checkout


#: Two lines as Windows ends them.
ENDS = "one\r\ntwo\r\n"


def _blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _entries(checkout: Checkout, prefix: str = "") -> dict[str, str]:
    return working_tree.entries(working_tree.look(checkout.root), prefix)


@pytest.fixture
def tree(checkout: Checkout) -> Checkout:
    """Return a repository with a few files in it."""
    checkout.write("a.py", "a")
    checkout.write("lib/b.py", "b")
    checkout.commit()
    return checkout


def test_a_clean_tree_is_its_index(tree: Checkout) -> None:
    """Each tracked file has its mode and its blob."""
    assert _entries(tree)["lib/b.py"] == f"100644 {_blob('b')}"


def _folder(checkout: Checkout) -> None:
    (checkout.root / "a.py").unlink()
    checkout.write("a.py/c.py", "c")


EDITS: dict[str, tuple[Callable[[Checkout], object], dict[str, str | None]]] = {
    "modified": (lambda it: it.write("a.py", "x"), {"a.py": f"100644 {_blob('x')}"}),
    "staged": (
        lambda it: (it.write("a.py", "x"), it.git("add", "a.py")),
        {"a.py": f"100644 {_blob('x')}"},
    ),
    "staged and modified": (
        lambda it: (it.write("a.py", "x"), it.git("add", "a.py"), it.write("a.py", "y")),
        {"a.py": f"100644 {_blob('y')}"},
    ),
    "untracked": (lambda it: it.write("new/c.py", "c"), {"new/c.py": f"100644 {_blob('c')}"}),
    "intended": (
        lambda it: (it.write("c.py", "c"), it.git("add", "-N", "c.py")),
        {"c.py": f"100644 {_blob('c')}"},
    ),
    "deleted": (lambda it: (it.root / "a.py").unlink(), {"a.py": None}),
    "deleted in the index": (lambda it: it.git("rm", "-q", "a.py"), {"a.py": None}),
    "only out of the index": (
        lambda it: it.git("rm", "-q", "--cached", "a.py"),
        {"a.py": f"100644 {_blob('a')}"},
    ),
    "renamed": (
        lambda it: it.git("mv", "a.py", "z.py"),
        {"a.py": None, "z.py": f"100644 {_blob('a')}"},
    ),
    "executable": (lambda it: (it.root / "a.py").chmod(0o755), {"a.py": f"100755 {_blob('a')}"}),
    "a folder in its place": (
        _folder,
        {"a.py": None, "a.py/c.py": f"100644 {_blob('c')}"},
    ),
    "ignored": (
        lambda it: (it.write(".gitignore", "*.log\n"), it.write("x.log", "x")),
        {"x.log": None},
    ),
    "assumed unchanged": (
        lambda it: (it.git("update-index", "--assume-unchanged", "a.py"), it.write("a.py", "x")),
        {"a.py": f"100644 {_blob('x')}"},
    ),
    "skipped in the worktree": (
        lambda it: (it.git("update-index", "--skip-worktree", "a.py"), it.write("a.py", "x")),
        {"a.py": f"100644 {_blob('x')}"},
    ),
    "a tool's own place": (
        lambda it: it.write(".mypy_cache/x.json", "x"),
        {".mypy_cache/x.json": None},
    ),
    "a virtual environment": (
        lambda it: (it.write("env/pyvenv.cfg", ""), it.write("env/lib/x.py", "x")),
        {"env/pyvenv.cfg": None, "env/lib/x.py": None},
    ),
    "a quoted name": (lambda it: it.write('"q".py', "q"), {'"q".py': f"100644 {_blob('q')}"}),
    "a name with a line break": (
        lambda it: it.write("n\nl", "n"),
        {"n\nl": f"100644 {_blob('n')}"},
    ),
    "a name with a tab": (lambda it: it.write("t\tb", "t"), {"t\tb": f"100644 {_blob('t')}"}),
    "a name beyond ASCII": (lambda it: it.write("ä ö", "u"), {"ä ö": f"100644 {_blob('u')}"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_stands_on_disk_is_seen(tree: Checkout, name: str) -> None:
    """Whatever way a file came to be as it is, the look has its content of now."""
    edit, wanted = EDITS[name]
    edit(tree)
    seen = _entries(tree)
    assert {path: seen.get(path) for path in wanted} == wanted


@pytest.mark.parametrize("name", EDITS)
def test_two_looks_at_one_tree_are_equal(tree: Checkout, name: str) -> None:
    """Looking changes nothing."""
    EDITS[name][0](tree)
    assert working_tree.look(tree.root).raw() == working_tree.look(tree.root).raw()


def test_a_changed_file_is_known_by_its_raw_bytes(tree: Checkout) -> None:
    """With autocrlf git would keep other bytes than a test reads."""
    tree.git("config", "core.autocrlf", "true")
    (tree.root / "lib/b.py").write_bytes(b"one\r\ntwo\r\n")
    assert _entries(tree)["lib/b.py"] == f"100644 {_blob(ENDS)}"


def test_what_a_filter_makes_the_same_keeps_both_blobs(tree: Checkout) -> None:
    """Ahead of the plus stands what the commit has, behind it what a test reads."""
    tree.git("config", "core.autocrlf", "true")
    (tree.root / "lib/b.py").write_bytes(ENDS.encode())
    tree.git("add", "-A")
    tree.git("commit", "-qm", "ends")
    assert _entries(tree)["lib/b.py"] == f"100644 {_blob(ENDS.replace(chr(13), ''))}+{_blob(ENDS)}"


def test_a_link_is_known_by_what_it_points_at(tree: Checkout) -> None:
    """A link outside of the tree changes with its target's content."""
    target = tree.home / "outside.txt"
    target.write_text("one")
    (tree.root / "link").symlink_to(target)
    tree.commit()
    before = _entries(tree)["link"]
    target.write_text("two")
    assert _entries(tree)["link"] != before


def test_a_link_to_a_folder_outside_is_known_by_all_of_it(tree: Checkout) -> None:
    """Any file below it counts."""
    (tree.home / "lib").mkdir()
    (tree.root / "link").symlink_to(tree.home / "lib")
    tree.commit()
    before = _entries(tree)["link"]
    (tree.home / "lib/x").write_text("x")
    assert _entries(tree)["link"] != before


def test_a_dangling_link_is_no_obstacle(tree: Checkout) -> None:
    """A link to nothing is only its text."""
    (tree.root / "link").symlink_to("nowhere")
    assert _entries(tree)["link"] == f"120000 {_blob('nowhere')}"


def test_an_edit_in_a_submodule_is_seen(tree: Checkout) -> None:
    """Its files stand below it, with their content of now."""
    other = tree.home / "other"
    other.mkdir()
    tree.git("init", "-q", str(other))
    (other / "m.py").write_text("m")
    tree.git("-C", str(other), "add", "-A")
    tree.git("-C", str(other), "commit", "-qm", "m")
    tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    tree.commit()
    tree.write("sub/m.py", "changed")
    assert _entries(tree)["sub/m.py"] == f"100644 {_blob('changed')}"


def test_a_repository_inside_is_seen(tree: Checkout) -> None:
    """A clone that nobody made a submodule is still code that stands there."""
    tree.git("init", "-q", "inner")
    tree.write("inner/m.py", "m")
    tree.git("-C", "inner", "add", "-A")
    tree.git("-C", "inner", "commit", "-qm", "m")
    assert _entries(tree)["inner/m.py"] == f"100644 {_blob('m')}"


def test_an_empty_repository_inside_is_no_obstacle(tree: Checkout) -> None:
    """A clone without a commit is read by what stands in it."""
    tree.git("init", "-q", "inner")
    tree.write("inner/m.py", "m")
    assert _entries(tree).get("a.py") == f"100644 {_blob('a')}"


def test_a_project_in_a_folder_sees_its_neighbours(tree: Checkout) -> None:
    """Paths are the project's own; what lies beside it keeps its way up."""
    assert set(_entries(tree, "lib/")) >= {"b.py", "../a.py"}


def test_a_folder_without_repository_is_told(tree: Checkout) -> None:
    """The sentence says what to run."""
    with pytest.raises(FirstTryError, match="git init"):
        git.top(tree.home)


def test_a_worktree_is_a_repository(tree: Checkout) -> None:
    """Where .git is a file, the top is found all the same."""
    place = tree.home / "tree"
    tree.git("worktree", "add", "-q", str(place))
    assert (git.top(place / "lib"), "a.py" in working_tree.entries(working_tree.look(place))) == (
        place,
        True,
    )
