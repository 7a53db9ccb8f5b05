"""The Makefile: a target for every verb, and an environment that is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ci.shop import HERE, Shop, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return the small project, committed."""
    shop = Shop(tmp_path / "shop")
    shop.commit("First")
    return shop


def test_every_task_has_a_target(shop: Shop) -> None:
    """What `doit list` shows can be typed after make, with a hyphen where doit has none."""
    listed = shop.run("make", "--silent", "list").text.splitlines()
    verbs = [line.split()[0].replace("_", "-") for line in listed]
    missing = [verb for verb in verbs if shop.run("make", "--dry-run", verb).code]
    assert (bool(verbs), missing) == (True, [])


def test_options_reach_the_task(shop: Shop) -> None:
    """ARGS are the verb's own options."""
    assert "python:" in shop.run("make", "fingerprint", "ARGS=--parts").text


def test_hooks_set_up_the_clone(shop: Shop) -> None:
    """The hook before a commit, and the driver that merges the list of flaky tests."""
    done = shop.run("make", "hooks")
    names = ("core.hooksPath", "merge.firsttry-flaky.driver")
    told = [shop.run("git", "config", name).text.split(" -m ")[-1].strip() for name in names]
    left = shop.run("git", "status", "--short").text
    assert (done.code, told, left) == (
        0,
        [".githooks", "firsttry_tasks.merge_driver %O %A %B"],
        "",
    ), done.text


def test_red_is_red(shop: Shop) -> None:
    """A verb that ends red makes make end so, and doit's own code can be read."""
    done = shop.run("make", "compare")
    assert (done.code, "Error 99" in done.text) == (2, True), done.text


def test_too_old_a_python(shop: Shop) -> None:
    """A Python that is missing or too old is one clear sentence."""
    done = shop.run("make", "install", "PYTHON=/none", "VENV=.venv-none")
    assert (done.code != 0, "FirstTry needs Python 3.11 or newer" in done.text) == (True, True)


def test_lock_names_no_place() -> None:
    """The lock says what to install and its hashes, never where from."""
    text = (HERE / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if "://" in line or line.startswith("--")]


def test_the_lock_is_not_resolved_again(shop: Shop) -> None:
    """A release that came after the lock must not be looked at: pip installs the lock as it is."""
    done = shop.run("make", "--dry-run", "install", "VENV=.venv-none")
    assert "install --no-deps --require-hashes -r requirements/dev.txt" in done.text


@pytest.mark.slow
def test_a_clean_clone(tmp_path: Path) -> None:
    """In a clean clone the first call installs, the second has nothing to do, and doit runs."""
    run(tmp_path, "git", "clone", "--quiet", str(HERE), str(tmp_path / "clone"))
    first, second = (run(tmp_path / "clone", "make", "install") for _ in range(2))
    listed = run(tmp_path / "clone", "make", "--silent", "list")
    assert (first.code, "--require-hashes" in first.text) == (0, True), first.text
    checked = run(tmp_path / "clone", ".venv/bin/python", "-m", "pip", "check")
    assert checked.code == 0, checked.text  # the lock names all that its packages ask for
    assert ("pip" in second.text, "warm" in listed.text) == (False, True), second.text
