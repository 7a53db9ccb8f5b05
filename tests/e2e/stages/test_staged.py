"""The hook judges what is committed, not what stands in the working tree."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.checkout import BIN, CODE, PATHS, TESTS_ONLY, Ran

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

HOOK = Path(__file__).parents[3] / ".githooks/pre-commit"
PRICE = "from shop import price\n\n\ndef test():\n    assert price(2) == 6\n"
BROKEN = CODE.replace("* 3", "* 4")


def _hooked(checkout: Checkout) -> Checkout:
    """Switch the shipped hook on."""
    place = checkout.root / ".git/hooks/pre-commit"
    place.parent.mkdir(exist_ok=True)
    shutil.copy(HOOK, place)
    return checkout


def _commit(checkout: Checkout, *words: str) -> Ran:
    done = subprocess.run(
        ["git", "commit", "-qm", "a change", *words],
        cwd=checkout.root,
        env=checkout.environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode())


def test_a_fault_that_is_staged_and_mended_on_disk_stops_the_commit(proved: Checkout) -> None:
    """The working tree is green, the commit would be red."""
    _hooked(proved).write("shop.py", BROKEN)
    proved.git("add", "shop.py")
    proved.write("shop.py", CODE)
    done = _commit(proved)
    assert done.code == 1, done.out
    assert "What is staged is judged" in done.out
    assert "shop.py" in done.out
    assert (proved.root / "shop.py").read_text() == CODE


def test_a_fault_that_is_not_staged_stops_nothing(proved: Checkout) -> None:
    """What is committed is green; only what it can break runs, by the warm state of this tree."""
    _hooked(proved).write("shop.py", BROKEN)
    proved.write("README.md", "Another shop.\n")
    proved.git("add", "README.md")
    done = _commit(proved)
    assert (done.code, "no test is affected" in done.out) == (0, True), done.out
    assert (proved.root / "shop.py").read_text() == BROKEN


def test_a_commit_of_the_whole_tree_is_judged_in_place(proved: Checkout) -> None:
    """With the index that `git commit -a` makes for it."""
    _hooked(proved).write("shop.py", BROKEN)
    done = _commit(proved, "-a")
    assert (done.code, "What is staged is judged" in done.out) == (1, False), done.out
    assert not (proved.root / ".firsttry/staged").exists()


def test_a_module_that_was_not_added_is_missing(proved: Checkout) -> None:
    """As it will be for everybody who pulls."""
    _hooked(proved).write("rates.py", "RATE = 3\n")
    proved.write("shop.py", "from rates import RATE\n\n\n" + CODE.replace("* 3", "* RATE"))
    proved.git("add", "shop.py")
    done = _commit(proved)
    assert done.code == 1, done.out
    assert "No module named 'rates'" in done.out
    # It is added, and the same checkout serves again.
    proved.git("add", "rates.py")
    proved.write("notes.txt", "not for the commit\n")
    assert _commit(proved).code == 0


def test_code_that_is_installed_from_the_tree_comes_from_the_index(checkout: Checkout) -> None:
    """Python would import it from the working tree, as an editable installation does."""
    checkout.write("src/shop.py", CODE)
    checkout.write("tests/test_shop.py", PRICE)
    checkout.commit()
    env = {"PYTHONPATH": str(checkout.root / "src")}
    assert checkout.run("ft", "warm", env=env).code == 0
    checkout.write("src/shop.py", BROKEN)
    checkout.git("add", "src/shop.py")
    checkout.write("src/shop.py", CODE)
    done = checkout.run("ft", "warm", "--staged", env=env)
    assert done.code == 1, done.out


def test_a_project_below_the_top_is_found_by_a_setting(checkout: Checkout) -> None:
    """The hook runs at the top of the repository."""
    checkout.git("mv", "pyproject.toml", "dodo.py", ".gitignore", _folder(checkout))
    checkout.write("services/shop/pyproject.toml", TESTS_ONLY + PATHS)
    checkout.write("services/shop/shop.py", CODE)
    checkout.write("services/shop/tests/test_shop.py", PRICE)
    checkout.commit()
    checkout.git("config", "firsttry.project", "services/shop")
    _hooked(checkout).write("services/shop/shop.py", BROKEN)
    checkout.git("add", "-A")
    checkout.write("services/shop/shop.py", CODE)
    assert _commit(checkout).code == 1
    checkout.git("add", "-A")
    done = _commit(checkout, "--allow-empty")
    assert done.code == 0, done.out


def _folder(checkout: Checkout) -> str:
    (checkout.root / "services/shop").mkdir(parents=True)
    return "services/shop"


def test_plain_warm_in_a_hook_says_what_it_did_not_judge(proved: Checkout) -> None:
    """For those whose hook calls it."""
    hook = proved.write(".git/hooks/pre-commit", f"#!/bin/sh\nexec {BIN}/ft warm\n")
    hook.chmod(0o755)
    proved.write("shop.py", BROKEN)
    proved.git("add", "shop.py")
    proved.write("shop.py", CODE)
    done = _commit(proved)
    assert (done.code, "it differs in shop.py" in done.out) == (0, True), done.out


def test_git_is_not_kept_waiting(proved: Checkout) -> None:
    """The index is read from a copy."""
    proved.write("shop.py", BROKEN)
    proved.git("add", "shop.py")
    proved.write("shop.py", CODE)
    lock = proved.root / ".git/index.lock"
    lock.touch()
    assert proved.run("ft", "warm", "--staged").code == 1
    assert lock.exists()


def test_nothing_staged_is_told(checkout: Checkout) -> None:
    """An empty index has nothing to judge."""
    (checkout.root / ".git/index").unlink()
    done = checkout.run("ft", "warm", "--staged")
    assert (done.code, "nothing is staged" in done.out) == (2, True), done.out


def test_what_is_learned_there_knows_data_files(shop: Checkout) -> None:
    """The checkout of what is staged lies in a folder that tests of other checkouts don't see."""
    shop.write("tests/test_shop.py", "def test():\n    assert 'shop' in open('README.md').read()\n")
    shop.commit()
    shop.write("shop.py", BROKEN)  # so that what is staged is not what stands here
    assert shop.run("ft", "warm", "--staged").code == 0
    shop.write("README.md", "Nothing.\n")
    shop.git("add", "README.md")
    assert shop.run("ft", "warm", "--staged").code == 1
