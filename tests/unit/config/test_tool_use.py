"""Whether a project uses a tool: its own files say it, and the words that tell it name the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from firsttry_tasks.config import settings
from firsttry_tasks.config.settings import GateSettings
from firsttry_tasks.config.team import requirements, team_command, tool_use
from firsttry_tasks.gates import mypy
from tests.builders import job

if TYPE_CHECKING:
    from pathlib import Path

HOOKS = """\
repos:
- repo: https://example.invalid/mirrors-mypy
  rev: 1111111111111111111111111111111111111111  # frozen: v1.14.0
  hooks:
  - id: mypy
    files: ^lib/
    exclude: gen
- repo: https://example.invalid/ruff-pre-commit
  rev: v0.9.1
  hooks:
  - id: ruff
    args: [--fix, --select, "E,F"]
"""


def _use(root: Path, tool: str, **own: object) -> tool_use.Use:
    return tool_use.find(root, root, tool, GateSettings(**own))  # type: ignore[arg-type]


def _write(root: Path, name: str, text: str) -> None:
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


@pytest.mark.parametrize(
    ("name", "text", "tool"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 90\n", "ruff"),
        ("ruff.toml", "", "ruff"),
        ("setup.cfg", "[mypy-tests.*]\nignore_errors = true\n", "mypy"),
        (".pre-commit-config.yaml", HOOKS, "ruff"),
        (".pre-commit-config.yaml", HOOKS, "mypy"),
        ("pyproject.toml", '[dependency-groups]\nlint = ["ruff>=0.6", "x"]\n', "ruff"),
        ("pyproject.toml", "[tool.poetry.group.a.dependencies]\nmypy = '1.0'\n", "mypy"),
        ("pyproject.toml", '[tool.hatch.envs.a]\ndependencies = ["mypy"]\n', "mypy"),
        ("requirements/dev.in", "-r base.in\nmypy[reports] >= 1\n", "mypy"),
        ("setup.py", "setup(extras_require={'dev': ['ruff']})\n", "ruff"),
        ("tox.ini", "[testenv:a]\ndeps =\n  lint: mypy==1\n", "mypy"),
        ("tox.ini", "[testenv:a]\ncommands =\n  lint: mypy src\n", "mypy"),
        ("noxfile.py", "def a(s):\n    s.run('ruff', 'check')\n", "ruff"),
        ("Makefile", "DIRS = a b\nlint:\n\truff check $(DIRS)\n", "ruff"),
        (".github/workflows/a.yml", "jobs: {a: {steps: [{run: uvx ruff check}]}}\n", "ruff"),
        ("pyproject.toml", '[tool.hatch.envs.a.scripts]\nl = ["ruff check {args:.}"]\n', "ruff"),
    ],
)
def test_each_place_that_shows_a_tool_switches_its_gate_on(
    tmp_path: Path, name: str, text: str, tool: str
) -> None:
    """With the words that name the place; and the settings have the last word."""
    _write(tmp_path, name, text)
    found = _use(tmp_path, tool)
    assert (found.on, name in found.why) == (True, True), found
    assert not _use(tmp_path, tool, enabled=False).on


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "We use ruff and mypy.\n"),
        ("Makefile", "fmt:\n\truff format .\n\tpip install mypy\n"),
        ("Makefile", "lint:\n\truff check --exit-zero .\n"),
        ("requirements-dev.txt", "mypy-extensions\nruff-lsp\ntypes-mypy\n"),
        ("pyproject.toml", "[tool.black]\nline-length = 90\n"),
        (".pre-commit-config.yaml", "repos: [{repo: x, hooks: [{id: ruff-format}]}]\n"),
    ],
)
def test_what_only_looks_like_it_does_not(tmp_path: Path, name: str, text: str) -> None:
    """Another command of the tool, another package, a call that can't be red."""
    _write(tmp_path, name, text)
    assert [_use(tmp_path, tool).on for tool in ("ruff", "mypy")] == [False, False]
    assert _use(tmp_path, "ruff", enabled=True).on
    assert _use(tmp_path, "mypy", args=("--strict",)).on


def test_a_tool_that_is_installed_and_never_called_beside_one_that_is(tmp_path: Path) -> None:
    """Whoever has it in a list of requirements, and lints with the other, does not hold to it."""
    _write(tmp_path, "requirements-dev.txt", "mypy==1.10.1\nruff==0.9.2\n")
    assert _use(tmp_path, "mypy").on
    _write(tmp_path, "tox.ini", "[testenv:lint]\ncommands = ruff check app\n")
    found = _use(tmp_path, "mypy")
    assert (found.on, "tox.ini" in found.why) == (False, True)


@pytest.mark.parametrize(
    ("text", "named", "on"),
    [
        ("[tool.firsttry.ruff]\nenabled = false\n", "", {"mypy", "tests"}),
        ("[tool.firsttry.mypy]\nenabled = false\n", "", {"ruff", "tests"}),
        ("[tool.firsttry.pytest]\nenabled = false\n", "", set()),
        ("[tool.firsttry.mypy]\nenabled = false\n", "mypy .", {"tests"}),
        ("[tool.firsttry.mypy]\nenabled = true\n", "", {"mypy", "tests"}),
        (
            "[tool.firsttry.ruff]\nenabled = false\n[tool.firsttry.mypy]\nenabled = false\n",
            "",
            {"tests"},
        ),
    ],
)
def test_who_switches_off_what_would_be_off_wants_the_other_gate(
    tmp_path: Path, text: str, named: str, on: set[str]
) -> None:
    """But not who puts off a tool that the project's own files call."""
    _write(tmp_path, "pyproject.toml", text)
    _write(tmp_path, "Makefile", f"lint:\n\t{named}\n")
    uses = tool_use.gates(tmp_path, tmp_path, settings.read(tmp_path, {}).settings)
    assert {it for it, use in uses.items() if use.on} == on
    said = [it.why for it in uses.values() if "switches off" in it.why]
    assert len(said) == (len(on) == 2 and "true" not in text)


def test_a_configuration_for_the_formatter_is_none_for_the_linter(tmp_path: Path) -> None:
    """Where the team calls ``ruff format`` and nothing else."""
    _write(tmp_path, "pyproject.toml", "[tool.ruff]\nline-length = 90\n")
    _write(tmp_path, "Makefile", "fmt:\n\truff format --check .\n")
    assert not _use(tmp_path, "ruff").on
    _write(tmp_path, "ruff.toml", "[lint]\nselect = ['E']\n")
    assert _use(tmp_path, "ruff").on


def test_a_hook_s_call_is_the_documented_one(tmp_path: Path) -> None:
    """With its default arguments where it gives none, for the files that it passes."""
    _write(tmp_path, ".pre-commit-config.yaml", HOOKS)
    ruff, mypy = (team_command.find(tmp_path, tmp_path, tool) for tool in ("ruff", "mypy"))
    assert ruff.args == ("--force-exclude", "--select", "E,F")
    assert mypy.args == ("--ignore-missing-imports", "--scripts-are-modules", "--no-site-packages")
    paths = ("lib/a.py", "lib/gen/b.py", "other/c.py", "lib/d.txt", "lib/e.pyi")
    assert mypy.files
    assert mypy.files.of(paths, (".py", ".pyi")) == ("lib/a.py", "lib/e.pyi")


def test_a_hook_with_packages_sees_them(tmp_path: Path) -> None:
    """Its environment has more than the tool."""
    text = HOOKS.replace("files: ^lib/", "additional_dependencies: [attrs]\n    args: []")
    _write(tmp_path, ".pre-commit-config.yaml", text)
    assert team_command.find(tmp_path, tmp_path, "mypy").args == ()


def test_scripts_that_ci_names_are_read(tmp_path: Path) -> None:
    """With the variables that they set; a prefix that nobody knows is left out."""
    for name in ("lib", "checks"):
        (tmp_path / name).mkdir()
    text = '#!/bin/sh -e\nexport DIRS="lib checks"\n${IN}ruff check $DIRS\n${IN}mypy $DIRS\n'
    _write(tmp_path, "scripts/check", text)
    assert not _use(tmp_path, "ruff").on
    _write(tmp_path, ".github/workflows/a.yml", "jobs: {a: {steps: [{run: scripts/check}]}}\n")
    call = team_command.find(tmp_path, tmp_path, "mypy")
    assert (call.place, call.paths) == ("scripts/check", ("lib", "checks"))


def test_a_justfile_s_variables_are_joined(tmp_path: Path) -> None:
    """As just does it; one that a condition sets stays unknown."""
    (tmp_path / "src").mkdir()
    (tmp_path / "tests").mkdir()
    lines = (
        't := "tests"\nall := "src" + " " + t\nrun := if os() == "x" { "uv run " } else { "" }\n',
        "lint:\n\t{{ run }}ruff check {{ all }}\n",
    )
    _write(tmp_path, "justfile", "".join(lines))
    assert team_command.find(tmp_path, tmp_path, "ruff").paths == ("src", "tests")


def test_a_version_that_can_not_be_here_says_how_to_leave_the_tool_out() -> None:
    """It may not read the configuration at all."""
    pin = requirements.Pin(version="0.1.3", place="a.yaml")
    said = requirements.otherwise(pin, "ruff", "0.17.0")
    assert said.endswith("to leave ruff to your own commands: [tool.firsttry.ruff] enabled = false")


@pytest.mark.parametrize(("rev", "on"), [("v0.3.4", False), ("v0.9.1", True)])
def test_a_hook_of_a_version_that_can_not_be_here_is_left_to_its_team(
    tmp_path: Path, rev: str, *, on: bool
) -> None:
    """Also where the tool is configured; who switches it on has it."""
    _write(tmp_path, ".pre-commit-config.yaml", HOOKS.replace("v0.9.1", rev))
    _write(tmp_path, "pyproject.toml", "[tool.ruff]\nline-length = 90\n")
    found = tool_use.find(tmp_path, tmp_path, "ruff", GateSettings())
    assert found.on is on
    assert on or "pins 0.3.4, and FirstTry works with ruff>=" in found.why
    assert tool_use.find(tmp_path, tmp_path, "ruff", GateSettings(enabled=True)).on


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("uv.lock", '[[package]]\nname = "ruff"\nversion = "0.8.1"\n', "0.8.1"),
        ("poetry.lock", '[[package]]\nname = "ruff"\nversion = "0.8.2"\n', "0.8.2"),
        ("Pipfile.lock", '{"develop": {"ruff": {"hashes": [], "version": "==0.8.3"}}}', "0.8.3"),
        ("requirements-dev.txt", "ruff==0.8.4; python_version > '3'\n", "0.8.4"),
        ("pyproject.toml", '[dependency-groups]\na = ["ruff == 0.8.5"]\n', "0.8.5"),
        (".pre-commit-config.yaml", HOOKS, "0.9.1"),
    ],
)
def test_pins_are_found(tmp_path: Path, name: str, text: str, version: str) -> None:
    """And a sentence names both versions, and the command that mends it."""
    _write(tmp_path, name, text)
    pin = requirements.pinned(tmp_path, tmp_path, "ruff", hook=False)
    said = requirements.otherwise(pin, "ruff", "0.17.0")
    assert f"ruff is 0.17.0 here, and {name} pins {version}" in said
    assert said.endswith(f"pip install ruff=={version}")
    assert requirements.otherwise(pin, "ruff", version) == ""


@pytest.mark.parametrize(
    ("have", "asked"), [("1.12.0", "1.12"), ("2.0", "2.0.0"), ("1!2", "1!2.0")]
)
def test_one_version_is_written_in_many_ways(have: str, asked: str) -> None:
    """What would be installed then is what is here."""
    pin = requirements.Pin(version=asked, place="tox.ini")
    assert requirements.otherwise(pin, "mypy", have) == ""


def test_a_frozen_revision_has_its_version_behind_it(tmp_path: Path) -> None:
    """And the hook's comes first where the hook is what the team runs."""
    _write(tmp_path, ".pre-commit-config.yaml", HOOKS)
    _write(tmp_path, "requirements.txt", "mypy==1.2.0\n")
    versions = []
    for hook in (True, False):
        pin = requirements.pinned(tmp_path, tmp_path, "mypy", hook=hook)
        versions.append(pin.version if pin else "")
    assert versions == ["1.14.0", "1.2.0"]


def test_mypy_that_the_team_calls_with_nothing_is_left_alone_with_it(tmp_path: Path) -> None:
    """It says what is missing; a choice of ours would be green where the team is not."""
    _write(tmp_path, "Makefile", "lint:\n\tmypy --strict\n")
    call = team_command.find(tmp_path, tmp_path, "mypy")
    assert mypy.targets(replace(job(), call=call)) == ()
    _write(tmp_path, "Makefile", "lint:\n\tmypy --strict $(git ls-files)\n")
    call = team_command.find(tmp_path, tmp_path, "mypy")
    assert mypy.targets(replace(job(), call=call)) == ("src",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "tox.ini",
            "[testenv]\nsetenv = A=1\ncommands = python -m django test --settings=own.set\n",
        ),
        ("Makefile", "test:\n\tA=1 ./manage.py test --parallel\n"),
        ("Makefile", "test:\n\tA=1 DJANGO_SETTINGS_MODULE=own.set django-admin test\n"),
    ],
)
def test_django_s_own_runner_is_what_pytest_then_does(tmp_path: Path, name: str, text: str) -> None:
    """With its settings, its names of files and its path; a call of pytest comes first."""
    _write(tmp_path, "manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'own.set')\n")
    _write(tmp_path, name, text)
    call = team_command.find(tmp_path, tmp_path, "pytest")
    assert (call.form, call.place, call.env["A"]) == ("module", name, "1")
    assert call.args == ("--ds=own.set", "-o", "python_files=test*.py")
    _write(tmp_path, ".github/workflows/a.yml", "jobs: {a: {steps: [{run: pytest}]}}\n")
    assert team_command.find(tmp_path, tmp_path, "pytest").args == ()


def test_where_pytest_is_configured_django_s_runner_is_not_looked_for(tmp_path: Path) -> None:
    """The team has said how its settings are found."""
    _write(tmp_path, "Makefile", "test:\n\tpython -m django test --settings=own.set\n")
    _write(tmp_path, "pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = own.set\n")
    assert not team_command.find(tmp_path, tmp_path, "pytest").place
