"""How a team calls Django's own test runner, and how pytest is called for the same tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.reading.django_labels import labels
from firsttry_tasks.config.team import team_command
from firsttry_tasks.config.team.django_runner import PLUGIN, VARIABLE
from firsttry_tasks.recorder import django_script

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURES = """\
from django.conf import settings
from django.test.runner import DiscoverRunner

settings.configure(DEBUG=True)
DiscoverRunner().run_tests(["shop.more", "shop"])
"""
NAMES = "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\nDiscoverRunner()\n"
SETUP = "from setuptools import setup\nsetup(extras_require={'test': []})\n"
LABELS = ("shop/more.py", "shop")


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    for name in ("__init__.py", "more.py"):
        (tmp_path / "shop" / name).touch()
    return tmp_path


def _call(root: Path, command: str, script: str) -> team_command.ToolCall:
    (root / "runtests.py").write_text(script)
    (root / "tox.ini").write_text(f"[testenv]\ncommands = {command}\n")
    return team_command.find(root, root, "pytest")


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python runtests.py", "runtests.py"),
        ("coverage run -a runtests.py --database=x", "runtests.py --database=x"),
        ("coverage run --branch -m runtests --tag 'a b'", "runtests.py --tag 'a b'"),
    ],
)
def test_a_script_that_configures_django_is_run_by_pytest(
    root: Path, command: str, script: str
) -> None:
    """With its own options, for what it hands to the runner, in its order."""
    call = _call(root, command, CONFIGURES)
    args = ("-p", PLUGIN, "-o", "python_files=test*.py")
    assert (call.args, call.paths, call.env) == (args, LABELS, {VARIABLE: script})


def test_a_script_that_names_its_settings_needs_no_run(root: Path) -> None:
    """pytest-django finds them by their name."""
    call = _call(root, "python runtests.py", NAMES)
    assert (call.args[0], call.env) == ("--ds=shop.settings", {})


def test_a_script_that_sets_nothing_up_is_not_followed(root: Path) -> None:
    """As a setup.py with a text "test" in it: running it would do something else."""
    assert not _call(root, "python runtests.py sdist", SETUP).place


def test_both_sides_know_the_variable() -> None:
    """The plugin imports nothing of the house, so it says the name again."""
    assert (django_script.VARIABLE, django_script.__name__) == (VARIABLE, PLUGIN)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x.run_tests(['b'])\nx.run_tests(('a', 'b'))", ("b", "a", "b")),
        ("x.run_tests(test_labels=sys.argv[1:] or ['a'])", ("a",)),
        ("known = args or ['a']\nx.run_tests(known)", ("a",)),
        ("x.run_tests(['a'])\nx.run_tests(args)", ()),
        ("known = known\nx.run_tests(known)", ()),
        ("x.run_tests(['a', name])", ()),
        ("x.run_tests(", ()),
    ],
)
def test_labels_are_read_where_all_are_plain(text: str, found: tuple[str, ...]) -> None:
    """In the order of the calls; else all of the project is run."""
    assert labels(text) == found
