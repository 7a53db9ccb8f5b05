"""What a team's own environments install for its tests and tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.environments import brought, choose, hatch, jobs, pins
from firsttry_tasks.config.environments.needs import Needs, installs, of_pip
from firsttry_tasks.steps.init import installing

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.config.environments.environment import Environment

TOX = """\
[tox]
env_list =
    lint, types
    py{310,312}-django{5,6}

[testenv]
extras = tests
deps =
    django5: Django>=5,<6   # the old one
    django6: Django>=6
    !django6: six
    -r{toxinidir}/needs.txt
commands = coverage run -m pytest {posargs:tests}

[testenv:types]
deps =
    {[testenv]deps}
    mypy==1.12
    types-six
commands = mypy shop

[testenv:lint]
skip_install = true
deps = pytest==7.0
commands = pre-commit run
"""
TOX_TOML = """\
env_list = ["fix", { product = [{ prefix = "3.", start = 11, stop = 13 }, ["a", "b"]] }]
[env_run_base]
dependency_groups = ["test"]
commands = [["pytest", { replace = "posargs", default = ["-x"], extend = true }]]
[env.types]
deps = [{ replace = "ref", of = ["extra", "deps"], extend = true }, "mypy"]
commands = [["mypy"]]
[env.fix]
skip_install = true
commands = [["true"]]
[extra]
deps = ["types-six"]
"""
HATCH = """\
[tool.hatch.envs.default]
dependencies = ["six"]
[tool.hatch.envs.test]
features = ["i18n"]
extra-dependencies = ["coverage"]
scripts.cov = "coverage run -m pytest {args:tests}"
[tool.hatch.envs.types]
detached = true
dependencies = ["mypy==1.9"]
scripts.check = ["mypy shop"]
"""
NOX = """\
import nox
P = nox.project.load_toml()
MORE = ["six", "attrs>=1"]

@nox.session(name="tests-all")
def tests(session):
    uv = [] if WIN else ["uv"]
    session.install(*P["dependency-groups"]["test"], *uv, *MORE, f"x=={V}")
    session.install("-e.[fast, slow]", "-c", "limits.txt")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)

@nox.session
def types(session):
    session.install(*nox.project.dependency_groups(P, "types"), "mypy")
    session.run("mypy", "shop")
"""
CI = """\
jobs:
  lint:
    steps: [{run: pip install ruff}, {run: ruff check .}]
  test:
    steps:
      - uses: actions/checkout@v4
      - run: |
          python -m pip install -U pip -r needs.txt -e ".[fast]"
          pip install django~=${{ matrix.django }}
      - run: python -m pytest
"""
GITLAB = """\
default:
  before_script: [pip install -r needs.txt]
pages: {stage: deploy}
tests:
  script:
    - uv sync --group test
    - pytest
"""


@pytest.mark.parametrize(
    ("files", "tool", "words"),
    [
        (
            {"tox.ini": TOX, "needs.txt": ""},
            "pytest",
            "-e .[tests] -r needs.txt Django>=5,<6 six",
        ),
        (
            {"tox.ini": TOX, "needs.txt": ""},
            "mypy",
            "-e .[tests] -r needs.txt six mypy==1.12 types-six",
        ),
        ({"tox.ini": "[testenv]\ndeps = six\ncommands = pytest"}, "pytest", "-e . six"),
        (
            {"pyproject.toml": f'[tool.tox]\nlegacy_tox_ini = """{TOX}"""'},
            "mypy",
            "-e .[tests] -r needs.txt six mypy==1.12 types-six",
        ),
        ({"tox.toml": TOX_TOML}, "pytest", "-e . --group test"),
        ({"tox.toml": TOX_TOML}, "mypy", "-e . --group test types-six mypy"),
        ({"pyproject.toml": HATCH}, "pytest", "-e .[i18n] six coverage"),
        ({"pyproject.toml": HATCH}, "mypy", "mypy==1.9"),
        ({"hatch.toml": "[envs.hatch-test]\ndependencies = ['six']"}, "pytest", "-e . six"),
        (
            {"pyproject.toml": "", ".gitlab-ci.yml": "a: {script: [hatch test --all]}"},
            "pytest",
            f"-e . {' '.join(hatch.BROUGHT)}",
        ),
        (
            {
                "hatch.toml": "[envs.default]\ndependencies = ['six']",
                ".gitlab-ci.yml": "a: {script: [hatch run pytest -x]}",
            },
            "pytest",
            "-e . six",
        ),
        (
            {"noxfile.py": NOX},
            "pytest",
            "-e .[fast,slow] --group test -c limits.txt uv six attrs>=1",
        ),
        ({"noxfile.py": NOX}, "mypy", "--group types mypy"),
        ({".github/workflows/a.yml": CI}, "pytest", "-e .[fast] -r needs.txt"),
        ({".gitlab-ci.yml": GITLAB}, "pytest", "-e . --group test -r needs.txt"),
        ({"tox.ini": "[testenv]\ncommands = pytest\n"}, "pytest", ""),
        ({"tox.ini": "no ini", "tox.toml": "=", "noxfile.py": "def"}, "pytest", ""),
    ],
)
def test_what_an_environment_brings(
    tmp_path: Path, files: dict[str, str], tool: str, words: str
) -> None:
    """As its own file says it, for the Python that is asked for."""
    found = choose.of_tool(_written(tmp_path, files), tool, "3.12")
    assert (" ".join(found.needs.words) if found else "") == words


def _written(root: Path, files: dict[str, str]) -> tuple[Environment, ...]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return choose.environments(root, root)


def test_the_environment_of_this_python_comes_first(tmp_path: Path) -> None:
    """Whatever stands before it in the list; what CI starts comes before what it doesn't."""
    text = TOX.replace("py{310,312}", "py{310-313}")
    found = _written(tmp_path, {"tox.ini": text, "noxfile.py": NOX})
    assert str(choose.of_tool(found, "pytest", "3.13")) == "tox.ini, py313-django5"
    assert str(choose.of_tool(found, "pytest", "3.9")) == "tox.ini, py310-django5"
    found = _written(tmp_path, {".github/workflows/a.yml": "jobs: {a: {steps: [{run: nox}]}}"})
    assert str(choose.of_tool(found, "pytest", "3.13")) == "noxfile.py, tests-all"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python -m pip install -qU -rneeds.txt pytest==8.*", "-r needs.txt pytest==8.*"),
        ("$PIP install ./dist/shop-1.whl --index-url http://a b", "-e . b"),
        ("uv pip install --system --group=dev -e ./libs/a .[x]", "-e .[x] --group dev -e ./libs/a"),
        ("pip install $MORE", ""),
        ("npm install x", None),
    ],
)
def test_what_a_command_installs(command: str, words: str | None) -> None:
    """What a shell fills in is not known."""
    found = installs(tuple(command.split()))
    assert (" ".join(found.words) if found is not None else None) == words


def test_requirements_are_followed(tmp_path: Path) -> None:
    """Through files, groups and extras, of which each may hold others, or itself."""
    files = {
        "pyproject.toml": """\
[project]
name = "My.Shop"
dependencies = ["Six>=1"]
[project.optional-dependencies]
all = ["my-shop[fast,all]"]
fast = ["orjson ; python_version > '3'"]
[dependency-groups]
dev = [{include-group = "Test_Group"}, "ruff"]
test-group = ["pytest", {include-group = "dev"}]
""",
        "needs/a.txt": "-r b.txt\nattrs # yes\n-c c.txt\n",
        "needs/b.txt": "-r a.txt\nrich==1\n",
    }
    _written(tmp_path, files)
    needs = of_pip((".[all]", "--group", "dev", "-r", "needs/a.txt", "zope.event"))
    known = {"six", "orjson", "ruff", "pytest", "attrs", "rich", "zope-event"}
    assert brought.names(tmp_path, needs) == known


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.cfg", "[options.extras_require]\ntest =\n  pytest\n  six\n"),
        ("setup.py", "setup(name='a', extras_require={'test': ['pytest', 'six']})"),
    ],
)
def test_extras_of_older_files(tmp_path: Path, name: str, text: str) -> None:
    """setup.cfg and setup.py say them, too."""
    _written(tmp_path, {name: text})
    assert brought.extras(tmp_path) == {"test": ("pytest", "six")}


def test_a_pin_counts_where_the_tool_is_called(tmp_path: Path) -> None:
    """What another environment pins, as to check types, is not what the tests run by."""
    found = _written(tmp_path, {"tox.ini": TOX, "pyproject.toml": ""})
    assert pins.pinned(tmp_path, tmp_path, "pytest", found, hook=False) is None
    mypy = pins.pinned(tmp_path, tmp_path, "mypy", found, hook=False)
    assert mypy is not None
    assert (mypy.version, mypy.place) == ("1.12", "tox.ini")
    # One that stands for all of them does.
    found = _written(tmp_path, {"requirements.txt": "pytest==8.1\n"})
    pytest_pin = pins.pinned(tmp_path, tmp_path, "pytest", found, hook=False)
    assert pytest_pin is not None
    assert pytest_pin.version == "8.1"


def test_tools_get_what_they_find_where_the_team_calls_them(tmp_path: Path) -> None:
    """Without what is there anyway; a version that FirstTry can't have is not asked for."""
    files = {"tox.ini": TOX, "needs.txt": "", "pyproject.toml": "[dependency-groups]\na = ['mypy']"}
    found = _written(tmp_path, files)
    plan = installing.plan(tmp_path, ("pyproject.toml",), found, "pip", "3.12")
    assert plan.place == "tox.ini, py312-django5"
    assert plan.commands == ("python -m pip install -e '.[tests]' -r needs.txt 'Django>=5,<6' six",)
    own = Needs(project=True, requirements=("mypy==1.12", "six", "types-six"))

    def words(tool: str, version: str, own: Needs) -> str:
        return " ".join(installing.besides(tmp_path, plan, tool, version, own).words)

    assert words("mypy", "1.12", own) == "mypy==1.12 types-six"
    assert words("mypy", "0.991", own) == "mypy types-six"
    assert words("mypy", "", Needs(groups=("a",))) == "--group a"
    assert words("ruff", "0.9", own) == "ruff==0.9"


def test_a_job_that_installs_the_project_by_itself() -> None:
    """Nothing comes besides it in that command; what others bring comes with it."""
    runs = "    - run: pip install -e .\n    - run: pip install coverage\n"
    text = f"jobs:\n  tests:\n    steps:\n{runs}"
    (job,) = jobs.of_yaml(text, "ci.yml")
    assert job.needs == Needs(project=True, requirements=("coverage",))
