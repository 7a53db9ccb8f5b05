"""What git's environment and its refusals mean for a run: as in a shell, with git's remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import machine

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

COMMITS = """\
import subprocess


def test_commit(tmp_path):
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
"""
#: git takes every repository for somebody else's, as in a container with a mounted checkout.
FOREIGN = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
TRUSTED = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


def _identity(kind: str) -> dict[str, str]:
    if kind == "names":
        return {
            f"GIT_{who}_{what}": "ci@example.invalid"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
    if kind == "parameters":
        return {"GIT_CONFIG_PARAMETERS": "'user.name'='ci' 'user.email'='ci@example.invalid'"}
    pairs = {"user.name": "ci", "user.email": "ci@example.invalid"}
    keys = {f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(pairs)}
    values = {f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(pairs.values())}
    return {"GIT_CONFIG_COUNT": "2", **keys, **values}


@pytest.mark.parametrize("kind", ["names", "count", "parameters"])
def test_an_identity_by_the_environment_reaches_the_tests(checkout: Checkout, kind: str) -> None:
    """As it reaches those of plain pytest, whichever way it is set."""
    checkout.write("tests/test_commit.py", COMMITS)
    checkout.commit()
    (checkout.home / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    without = checkout.run("ft", "full")
    codes = [checkout.run("ft", stage, env=_identity(kind)).code for stage in ("warm", "full")]
    assert (without.code, codes) == (1, [0, 0]), without.out


def test_a_refusal_of_git_comes_with_its_remedy(checkout: Checkout) -> None:
    """And the remedy, given by the environment, works."""
    refused = checkout.run("ft", "fingerprint", env=FOREIGN)
    assert refused.code == 2, refused.out
    assert "git config --global --add safe.directory" in refused.out
    assert checkout.run("ft", "fingerprint", env=FOREIGN | TRUSTED).code == 0


def test_variables_that_name_a_repository_are_those_that_git_lists(checkout: Checkout) -> None:
    """Of the git that is here; those that configure git stay."""
    listed = set(checkout.git("rev-parse", "--local-env-vars").split())
    stay = {name for name in listed if name.startswith("GIT_CONFIG")}
    assert listed - stay <= machine.OF_REPOSITORY


def test_looking_takes_no_lock_of_gits(checkout: Checkout) -> None:
    """A hook, or a person's own git, may hold the index meanwhile."""
    lock = checkout.root / ".git/index.lock"
    lock.touch()
    done = checkout.run("ft", "fingerprint")
    assert (done.code, lock.exists()) == (0, True), done.out


@pytest.mark.parametrize("has_main", [False, True], ids=["no main", "no common commit"])
def test_a_shallow_clone_is_told_what_to_fetch(shop: Checkout, *, has_main: bool) -> None:
    """Where coverage of changed lines has nothing to count from."""
    shop.write("ci/parity.lock.json", '{"thresholds": {"diff_cover": 80}}')
    shop.commit()
    shop.git("checkout", "-qb", "topic")
    shop.write("shop.py", (shop.root / "shop.py").read_text() + "\n\nONE = 1\n")
    shop.commit()
    place = shop.root.parent / "shallow"
    shop.git("clone", "-q", "--depth=1", "--branch=topic", shop.root.as_uri(), str(place))
    clone = type(shop)(place)
    if has_main:
        clone.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    done = clone.run("ft", "full")
    assert done.code == 2, done.out
    assert "fetch-depth: 0" in done.out
    assert "Traceback" not in done.out
