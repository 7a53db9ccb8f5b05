"""What this Python is, and what of its environment concerns a gate."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import machine

if TYPE_CHECKING:
    from pathlib import Path


def test_installed_distributions_are_those_that_python_knows() -> None:
    """Folder names give what importlib.metadata reads out of every METADATA."""
    slow = {re.sub(r"[-_.]+", "-", it.name).lower() for it in importlib.metadata.distributions()}
    assert set(machine.installed()) == slow


def test_versions_are_those_that_python_knows() -> None:
    """The same for the versions, local parts and all."""
    names = ("pytest", "ruff", "mypy", "msgspec")
    fast = machine.installed()
    assert {it: fast[it] for it in names} == {it: importlib.metadata.version(it) for it in names}


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("a_b-1.0.dist-info", {"a-b": "1.0"}),
        ("A.B-1.0.dist-info", {"a-b": "1.0"}),
        ("a-1.0+local.2.dist-info", {"a": "1.0+local.2"}),
        ("a.egg-info", {"a": "0"}),
        ("a-1.0-py3.11.egg-info", {"a": "1.0"}),
        ("a", {}),
    ],
)
def test_names_of_folders(tmp_path: Path, folder: str, found: dict[str, str]) -> None:
    """Names are as PEP 503 has them."""
    (tmp_path / folder).mkdir()
    assert machine.installed([str(tmp_path)]) == found


def test_the_first_on_the_path_counts(tmp_path: Path) -> None:
    """As for an import."""
    for place, version in (("one", "1"), ("two", "2")):
        (tmp_path / place / f"a-{version}.dist-info").mkdir(parents=True)
    assert machine.installed([str(tmp_path / "one"), str(tmp_path / "two")]) == {"a": "1"}


def test_a_path_that_is_not_there_is_no_obstacle() -> None:
    """sys.path often names a zip file that nobody made."""
    assert machine.installed(["/nowhere"]) == {}


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("true", True), ("1", True), ("yes", True), ("false", False), ("0", False), ("", False)],
)
def test_ci_is_known_by_its_variable(value: str, is_one: bool) -> None:  # noqa: FBT001
    """All CI systems set it, and some people set it to false."""
    assert machine.in_ci({"CI": value}) is is_one


def test_a_hook_does_not_steer_the_gates() -> None:
    """What git sets for its hooks, and what is meant for others, is taken away."""
    given = {
        "GIT_DIR": "x",
        "GIT_INDEX_FILE": "x",
        "FIRSTTRY_PLAN": "x",
        "PYTEST_CURRENT_TEST": "x",
        "HOME": "h",
    }
    assert machine.clean(given) == {"HOME": "h"}


def test_python_is_told_with_its_micro_version() -> None:
    """A patch release can change a result."""
    assert machine.python().endswith(".".join(map(str, sys.version_info[:3])))


def test_gates_do_not_see_what_the_shell_says_of_itself() -> None:
    """The same run started by another command is the same run."""
    assert machine.clean({"_": "/bin/ft", "SHLVL": "2", "OLDPWD": "/", "HOME": "/h"}) == {
        "HOME": "/h"
    }
