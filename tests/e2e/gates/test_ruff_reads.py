"""A warm ruff stands only while all that it looked at stands: in the tree, beside it, outside."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.checkout import Checkout

RUFF_ONLY = """
[tool.firsttry.ruff]
enabled = true
[tool.firsttry.mypy]
enabled = false
[tool.firsttry.pytest]
enabled = false
"""
UNUSED = "import os\n"
NOTEBOOK = (
    '{{"cells": [{{"cell_type": "code", "execution_count": null, "metadata": {{}}, "outputs": [],'
    ' "source": ["{}"]}}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}\n'
)


@pytest.fixture(name="linted")
def _linted(checkout: Checkout) -> Checkout:
    """Return a repository in which ruff alone runs, and asks for unused names."""
    checkout.write("pyproject.toml", RUFF_ONLY)
    checkout.write("ruff.toml", '[lint]\nselect = ["F"]\n')
    checkout.write("app.py", "print(1)\n")
    checkout.commit()
    return checkout


def _learned(it: Checkout) -> None:
    it.commit()
    assert it.run("doit", "warm").code == 0
    assert (it.run("doit", "warm").code, it.ran("warm")) == (0, set())


def _outside_configuration(it: Checkout) -> Callable[[], object]:
    shared = it.home / "shared.toml"
    shared.write_text('[lint]\nselect = ["E9"]\n')
    it.write("ruff.toml", f'extend = "{shared}"\n')
    it.write("b.py", UNUSED)
    return lambda: shared.write_text('[lint]\nselect = ["F"]\n')


def _nested_configuration(it: Checkout) -> Callable[[], object]:
    it.write(".gitignore", "__pycache__/\nlocal/ruff.toml\n")
    it.write("local/b.py", UNUSED)
    it.write("local/ruff.toml", '[lint]\nselect = ["E9"]\n')
    return (it.root / "local/ruff.toml").unlink


def _ignored_code(it: Checkout) -> Callable[[], object]:
    it.write("ruff.toml", 'respect-gitignore = false\n[lint]\nselect = ["F"]\n')
    it.write(".gitignore", "__pycache__/\ngen/\n")
    it.write("gen/b.py", "print(2)\n")
    return lambda: it.write("gen/b.py", UNUSED)


def _excluded_by_git_alone(it: Checkout) -> Callable[[], object]:
    exclude = it.root / ".git/info/exclude"
    exclude.write_text("draft.py\n")
    it.write("draft.py", UNUSED)
    return lambda: exclude.write_text("")


def _excluded_for_the_user(it: Checkout) -> Callable[[], object]:
    ignores = it.home / "ignores"
    ignores.write_text("draft.py\n")
    it.git("config", "--global", "core.excludesFile", str(ignores))
    it.write("draft.py", UNUSED)
    return lambda: ignores.write_text("")


def _script(it: Checkout) -> Callable[[], object]:
    it.write("ruff.toml", 'include = ["*.py", "tools/*"]\n[lint]\nselect = ["F"]\n')
    it.write("tools/release", "print(3)\n")
    return lambda: it.write("tools/release", UNUSED)


def _notebook(it: Checkout) -> Callable[[], object]:
    it.write("look.ipynb", NOTEBOOK.format("print(4)"))
    return lambda: it.write("look.ipynb", NOTEBOOK.format("import os"))


def _mode(it: Checkout) -> Callable[[], object]:
    it.write("ruff.toml", '[lint]\nselect = ["EXE"]\n')
    it.git("config", "core.fileMode", "false")
    place = it.write("run.py", "#!/usr/bin/env python3\nprint(5)\n")
    place.chmod(0o755)
    return lambda: place.chmod(0o644)


def _package_that_ends(it: Checkout) -> Callable[[], object]:
    it.write("ruff.toml", '[lint]\nselect = ["INP"]\nexclude = ["app.py", "dodo.py"]\n')
    it.write(".gitignore", "__pycache__/\n__init__.py\n")
    it.write("pkg/b.py", "print(6)\n")
    return it.write("pkg/__init__.py", "").unlink


@pytest.mark.parametrize(
    "kind",
    [
        _outside_configuration,
        _nested_configuration,
        _ignored_code,
        _excluded_by_git_alone,
        _excluded_for_the_user,
        _script,
        _notebook,
        _mode,
        _package_that_ends,
    ],
)
def test_what_ruff_looked_at_changes(
    linted: Checkout, kind: Callable[[Checkout], Callable[[], object]]
) -> None:
    """Warm is red as ruff by hand is."""
    change = kind(linted)
    _learned(linted)
    change()
    assert linted.run("doit", "warm").code == linted.run("ruff", "check", "--no-cache").code == 1


def test_what_ruff_did_not_look_at_changes(linted: Checkout) -> None:
    """A README is none of its business, nor are the reports that runs leave."""
    linted.write("README.md", "one\n")
    _learned(linted)
    linted.write("README.md", "two\n")
    linted.run("doit", "compare")
    assert (linted.run("doit", "warm").code, linted.ran("warm")) == (0, set())


@pytest.mark.smoke
def test_a_reason_names_the_path(linted: Checkout) -> None:
    """A file of the project by its short name, one outside by its whole path."""
    change = _outside_configuration(linted)
    _learned(linted)
    change()
    said = linted.run("doit", "warm").out
    assert f"{linted.home}/shared.toml changed" in said


def test_where_nobody_can_watch_ruff_always_runs(linted: Checkout, tmp_path: Path) -> None:
    """Without a compiler there is no library to preload; the reason says what to install."""
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "git").symlink_to(shutil.which("git") or "")
    env = {"PATH": str(bare)}
    for _ in range(2):
        done = linted.run("doit", "warm", env=env)
        assert (done.code, linted.ran("warm")) == (0, {"ruff"}), done.out
    assert "there is no C compiler; install one" in done.out
    assert "ruff and mypy run in each warm run" in linted.run("doit", "doctor", env=env).out


def test_another_terminal_is_no_change(linted: Checkout) -> None:
    """What a terminal says of itself ruff and mypy don't ask for; any other variable may count."""
    env = {"WINDOWID": "1", "TERM_SESSION_ID": "a", "SSH_AUTH_SOCK": "a"}
    assert linted.run("doit", "warm", env=env).code == 0
    other = {"WINDOWID": "2", "TERM_SESSION_ID": "b", "SSH_AUTH_SOCK": "b"}
    ran = linted.run("doit", "warm", env=other)
    assert (ran.code, "cached" in ran.out) == (0, True), ran.out
    ran = linted.run("doit", "warm", env=other | {"RULES": "1"})
    assert (ran.code, "cached" in ran.out) == (0, False), ran.out
