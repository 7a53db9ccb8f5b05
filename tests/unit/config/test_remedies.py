"""What is told where no test could begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.environments import remedies
from firsttry_tasks.config.team import team_command

if TYPE_CHECKING:
    from pathlib import Path

TOX = "[testenv]\ndeps = six\n  django<6\ncommands = python tests/run_tests.py --fast\n"
NO_SETTINGS = "ImproperlyConfigured: ... but settings are not configured."


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            "ModuleNotFoundError: No module named 'six.moves'",
            (
                "six is not installed where the tests run. tox.ini, py gets what they need by:"
                " python -m pip install -e . six 'django<6'"
            ),
        ),
        (
            "ModuleNotFoundError: No module named 'shop'",
            (
                "shop, the project's own package, is not installed where the tests run. tox.ini, py"
                " gets what they need by: python -m pip install -e . six 'django<6'"
            ),
        ),
        (
            "error: unrecognized arguments: --ds=a.b -x",
            (
                "pytest has no option --ds=a.b here: pytest-django is not installed. tox.ini, py"
                " gets what they need by: python -m pip install -e . six 'django<6'"
            ),
        ),
        (
            NO_SETTINGS,
            (
                "Django was not told its settings; the project runs its tests by"
                " `python tests/run_tests.py --fast` (tox.ini, py). Where that is a module, name"
                ' it: [tool.firsttry.pytest] args = ["--ds=MODULE"], with pytest-django installed;'
                " where a script configures them itself, do the same in a conftest.py"
            ),
        ),
        (
            "KeyError: 'x'",
            (
                "no test could begin; the project runs its tests by"
                " `python tests/run_tests.py --fast` (tox.ini, py). What that sets up, pytest needs"
                " as well: in a conftest.py, or as variables before [tool.firsttry.pytest] command"
            ),
        ),
    ],
)
def test_a_remedy_is_what_the_team_does(tmp_path: Path, told: str, said: str) -> None:
    """What it installs, or how it runs its tests."""
    (tmp_path / "tox.ini").write_text(TOX, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    assert remedies.remedy(tmp_path, tmp_path, told, "3.12") == said


def test_a_team_that_runs_pytest_is_told_nothing_new(tmp_path: Path) -> None:
    """Unless something is not installed."""
    (tmp_path / "tox.ini").write_text("[testenv]\ncommands = pytest\n", encoding="utf-8")
    assert remedies.remedy(tmp_path, tmp_path, "KeyError: 'x'", "3.12") == ""
    said = remedies.remedy(tmp_path, tmp_path, "No module named 'six'", "3.12")
    assert said.endswith("; ft init --dry-run shows how the project is installed")


def test_a_makefile_tells_how_tests_run(tmp_path: Path) -> None:
    """Where nothing makes an environment."""
    (tmp_path / "Makefile").write_text("test:\n\t./runtests.py\n", encoding="utf-8")
    assert "`./runtests.py` (Makefile)" in remedies.remedy(tmp_path, tmp_path, NO_SETTINGS, "3.12")


@pytest.mark.parametrize(
    "text",
    [
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'own.set')\ncall_command('test')\n",
        'os.environ["DJANGO_SETTINGS_MODULE"] = "own.set"\nget_runner(settings)()\n',
    ],
)
def test_a_script_of_its_own_may_run_django_s_tests(tmp_path: Path, text: str) -> None:
    """Then pytest is told its settings; one that only serves the site is none."""
    (tmp_path / "Makefile").write_text("test:\n\tcoverage run ./runtests.py\n", encoding="utf-8")
    (tmp_path / "runtests.py").write_text(text, encoding="utf-8")
    call = team_command.find(tmp_path, tmp_path, "pytest")
    assert call.args == ("--ds=own.set", "-o", "python_files=test*.py")
    (tmp_path / "runtests.py").write_text(text.splitlines()[0], encoding="utf-8")
    assert not team_command.find(tmp_path, tmp_path, "pytest").place
