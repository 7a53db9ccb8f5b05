"""How a team calls unittest, and how pytest is called for the same tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.team import team_command
from firsttry_tasks.config.team.unittest_runner import ALONE, unheard

if TYPE_CHECKING:
    from pathlib import Path

TOX = "[testenv]\ncommands = {}\n"
FILES = ("tests/tests_price.py", "tests/test_more.py", "run.py", "shop/__init__.py")
MAIN = "import unittest\n\nif __name__ == '__main__':\n    unittest.main()\n"
#: Programs that run the tests of others.
PROGRAMS = {
    "suite/__init__.py": "",
    "suite/__main__.py": "import unittest\n\nunittest.main(module='suite', verbosity=2)\n",
    "src/deep/__init__.py": "",
    "src/deep/suite.py": MAIN,
    "tests/all.py": "from unittest import main\n\nmain(None, argv=['x', 'discover', 'tests'])\n",
    "tests/load.py": """\
import os
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
suite = unittest.TestLoader().discover(HERE, pattern="tests_*.py")
unittest.TextTestRunner().run(suite)
""",
}


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    texts = {**dict.fromkeys(FILES, ""), "run.py": MAIN, **PROGRAMS}
    for name, text in texts.items():
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True, parents=True)
        place.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "pattern", "paths"),
    [
        ("python -m unittest", "test*.py", ()),
        ("python -W error -m unittest -v", "test*.py", ()),
        ("python -m unittest discover", "test*.py", ()),
        ("coverage run --source=shop -m unittest discover -s tests", "test*.py", ("tests",)),
        ("python -m unittest discover tests 'tests*.py' -v", "tests*.py", ("tests",)),
        ('python -m unittest discover -s ./tests/ -p "*_price.py"', "*_price.py", ("tests",)),
        ("python -m unittest discover --pattern=tests*.py -t . tests", "tests*.py", ("tests",)),
        ("python -m unittest tests.test_more", "test_more.py", ("tests/test_more.py",)),
        (
            "python -m unittest tests.test_more.Case.test_it",
            "test_more.py",
            ("tests/test_more.py",),
        ),
        ("python -m unittest -v tests/tests_price.py", "tests_price.py", ("tests/tests_price.py",)),
        ("python run.py -v", "run.py", ("run.py",)),
        ("./run.py", "run.py", ("run.py",)),
        ("python -W error run.py", "run.py", ("run.py",)),
        ("coverage run --branch run.py", "run.py", ("run.py",)),
        ("python -m suite", "__init__.py", ("suite/__init__.py",)),
        ("python -X dev -W error -m suite -v", "__init__.py", ("suite/__init__.py",)),
        ("coverage run --source=shop -m suite", "__init__.py", ("suite/__init__.py",)),
        ("python -m coverage run -m suite.__main__", "__init__.py", ("suite/__init__.py",)),
        ("python -m suite Case.test_it", "__init__.py", ("suite/__init__.py",)),
        ("python -m deep.suite", "suite.py", ("src/deep/suite.py",)),
        ("python -m unittest suite", "__init__.py", ("suite/__init__.py",)),
        ("python -m tests.all", "test*.py", ("tests",)),
        ("python tests/load.py", "tests_*.py", ("tests",)),
    ],
)
def test_pytest_is_called_for_the_tests_that_unittest_finds(
    root: Path, command: str, pattern: str, paths: tuple[str, ...]
) -> None:
    """Only for its classes, which pytest takes in any file that it is told of."""
    (root / "tox.ini").write_text(TOX.format(command))
    call = team_command.find(root, root, "pytest")
    seen = call.form, call.args, call.paths, call.place
    assert seen == ("module", ("-o", f"python_files={pattern}", *ALONE), paths, "tox.ini")


@pytest.mark.parametrize(
    "command",
    [
        "python -m unittest discover -s nowhere",
        "python -m unittest nothing.here",
        "python setup.py build",
        "python -m shop",
        "python -m mypy -m suite",
        "git commit -m suite",
    ],
)
def test_what_finds_no_tests_says_nothing(root: Path, command: str) -> None:
    """The folder may be made later, or on another machine."""
    (root / "tox.ini").write_text(TOX.format(command))
    assert not team_command.find(root, root, "pytest").place


@pytest.mark.parametrize(
    ("second", "pattern", "paths"),
    [
        ("tests.tests_price", "test_more.py tests_price.py", FILES[1::-1]),
        ("discover", "test_more.py test*.py", ()),
    ],
)
def test_a_suite_may_run_in_parts(
    root: Path, second: str, pattern: str, paths: tuple[str, ...]
) -> None:
    """Each call of the file counts, and one for the whole is for the whole."""
    both = f"python -m unittest tests.test_more\n    python -m unittest {second}"
    (root / "tox.ini").write_text(TOX.format(both))
    call = team_command.find(root, root, "pytest")
    assert (call.args[1], call.paths) == (f"python_files={pattern}", paths)


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("python -Werror -X dev -m unittest", ("-Werror", "-X", "dev")),
        ("python -b -m coverage run -m suite", ("-b",)),
        ("python -W error run.py -v", ("-W", "error")),
        ("python -m unittest -v", ()),
        ("./run.py -v", ()),
    ],
)
def test_options_of_python_itself_are_kept(
    root: Path, command: str, flags: tuple[str, ...]
) -> None:
    """A warning that is an error there is one here."""
    (root / "tox.ini").write_text(TOX.format(command))
    assert team_command.find(root, root, "pytest").flags == flags


def test_a_variable_of_tox_may_be_long(root: Path) -> None:
    """It goes on after a backslash, also behind a comment."""
    text = "setenv =\n  PYTHONWARNINGS =\\\n    error,\\\n    # why\n    ignore:x\n  MORE = 1\n"
    (root / "tox.ini").write_text(f"{TOX.format('python -m unittest')}{text}")
    env = team_command.find(root, root, "pytest").env
    assert env["PYTHONWARNINGS"] == "error,ignore:x"


def test_what_is_no_package_is_not_searched(root: Path) -> None:
    """As unittest goes on from a folder into packages alone; where it finds none, pytest looks."""
    (root / "tox.ini").write_text(TOX.format("python -m unittest"))
    assert team_command.find(root, root, "pytest").paths == ()
    (root / "suite/test_it.py").write_text("")
    (root / "test_top.py").write_text("")
    assert team_command.find(root, root, "pytest").paths == ("test_top.py", "suite")


def test_pytest_comes_first(root: Path) -> None:
    """Also where it is only configured."""
    (root / "tox.ini").write_text(TOX.format("python -m unittest discover"))
    (root / "pytest.ini").write_text("[pytest]\n")
    assert not team_command.find(root, root, "pytest").args


def test_a_file_that_says_itself_which_tests_it_has_is_told(root: Path) -> None:
    """Of the team's call of unittest alone: pytest never asks it."""
    (root / "tests/test_more.py").write_text("def load_tests(loader, tests, pattern): ...\n")
    told = "pytest does not call load_tests (tests/test_more.py): tests that it adds"
    assert [it.partition(" are")[0] for it in unheard(root, ("-q", *ALONE), FILES)] == [told]
    assert list(unheard(root, ("-q",), FILES)) == []


def test_doctests_of_a_suite_are_told(root: Path) -> None:
    """With what runs them."""
    (root / "tests/test_more.py").write_text("suite.addTest(doctest.DocTestSuite(shop))\n")
    said = "".join(unheard(root, ALONE, FILES))
    assert ("tests/test_more.py adds" in said, "--doctest-modules" in said) == (True, True)


def test_doctests_of_modules_are_run(root: Path) -> None:
    """Where the program that is started names the modules."""
    text = f"import doctest\nimport shop\n{MAIN}\nsuite.addTest(doctest.DocTestSuite(shop))\n"
    (root / "run.py").write_text(text)
    (root / "tox.ini").write_text(TOX.format("python run.py"))
    call = team_command.find(root, root, "pytest")
    assert (call.args[0], call.paths) == ("--doctest-modules", ("run.py", "shop/__init__.py"))
    assert list(unheard(root, call.args, FILES)) == []
