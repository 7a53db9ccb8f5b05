"""The hook, run by git itself."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.ci.shop import Done, Shop

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

WRONG = "def price(n: int) -> int:\n    return n * 4\n"
RIGHT = "def price(n: int) -> int:\n    return 3 * n\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return the small project, committed, with its hook switched on by make."""
    shop = Shop(tmp_path / "shop")
    shop.commit("First")
    shop.run("make", "hooks")
    return shop


def _commit(shop: Shop, *options: str, **env: str) -> Done:
    return shop.run("git", "commit", "--message", "Change", *options, **env)


def test_green_commit_passes(shop: Shop) -> None:
    """A change that breaks nothing is committed, after warm said so."""
    shop.write("src/shop.py", RIGHT)
    done = _commit(shop, "--all")
    assert (done.code, "warm is green" in done.text) == (0, True), done.text


def test_red_commit_stops(shop: Shop) -> None:
    """A change that breaks a test is not committed, and the test is named."""
    before = shop.head()
    shop.write("src/shop.py", WRONG)
    done = _commit(shop, "--all")
    assert (done.code != 0, shop.head(), "test_price" in done.text) == (True, before, True)


def test_part_of_the_tree(shop: Shop) -> None:
    """Git's index for a commit of named files is left to git: only they are committed."""
    shop.write("src/shop.py", RIGHT)
    shop.write("README", "new\n")
    shop.run("git", "add", "README")
    _commit(shop, "src/shop.py")
    committed = shop.run("git", "show", "--name-only", "--format=").text.split()
    left = shop.run("git", "diff", "--cached", "--name-only").text.split()
    assert (committed, left) == (["src/shop.py"], ["README"])


def test_linked_worktree(shop: Shop) -> None:
    """In a linked work tree git sets GIT_DIR; the hook judges that tree, with ft from PATH."""
    linked = shop.root.parent / "linked"
    shop.run("git", "worktree", "add", "--quiet", "-b", "side", str(linked))
    (linked / "src/shop.py").write_text(WRONG, encoding="utf-8")
    path = f"{shop.root / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = shop.run("git", "-C", str(linked), "commit", "--all", "--message", "Change", PATH=path)
    assert (done.code != 0, "test_price" in done.text) == (True, True), done.text


def test_first_commit(tmp_path: Path) -> None:
    """The first commit of a repository has nothing to be compared with, and passes."""
    shop = Shop(tmp_path / "shop")
    shop.run("make", "hooks")
    shop.run("git", "add", "--all")
    done = _commit(shop)
    assert (done.code, "first commit" in done.text) == (0, True), done.text


def test_not_installed(shop: Shop, tmp_path: Path) -> None:
    """Without FirstTry nothing is committed, and the message says what to do."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "sh", "grep"):
        (programs / name).symlink_to(shutil.which(name) or "")
    (shop.root / ".venv" / "bin").unlink()
    before = shop.head()
    done = _commit(shop, "--allow-empty", PATH=str(programs))
    assert (shop.head(), "make install" in done.text, "--no-verify" in done.text) == (
        before,
        True,
        True,
    ), done.text
