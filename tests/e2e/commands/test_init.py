"""`ft init` in a repository: it shows, asks, writes, and is done after once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.steps.init import plan
from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

CI = "on: [push]\njobs: {a: {runs-on: x, steps: [{run: ruff check .}, {run: python -m pytest}]}}\n"
GIT = Path(shutil.which("git") or "git").parent
HOOKS = "repos:\n- repo: local\n  hooks:\n  - {id: a, name: a, entry: a, language: system}\n"
WROTE = [
    ".github/workflows/firsttry-comment.yml",
    ".github/workflows/firsttry.yml",
    ".pre-commit-config.yaml",
    "AGENTS.md",
    "ci/parity.lock.json",
    "pyproject.toml",
]


@pytest.fixture
def team(shop: Checkout) -> Checkout:
    """Return a project with a workflow, hooks, a file for agents, and a branch of its own name."""
    shop.write("pyproject.toml", "# ours\n[tool.pytest.ini_options]\npythonpath = ['.']\n")
    shop.write(".github/workflows/a.yml", CI)
    shop.write(".pre-commit-config.yaml", HOOKS)
    shop.write("AGENTS.md", "# For agents\n")
    shop.write("requirements-dev.txt", "firsttry-tasks\n")
    shop.git("branch", "-qm", "master")
    (shop.root / "dodo.py").unlink()
    shop.commit()
    return shop


def _status(checkout: Checkout) -> list[str]:
    return sorted(line[3:] for line in checkout.git("status", "--short", "-uall").splitlines())


def test_it_writes_what_is_missing_once(team: Checkout) -> None:
    """After which warm is green, CI's own check of the lock as well."""
    dry = team.run("ft", "init", "--dry-run")
    assert (dry.code, _status(team)) == (0, []), dry.out
    assert "ruff: on (.github/workflows/a.yml calls it)" in dry.out
    assert "mypy is off: no configuration" in dry.out
    done = team.run("ft", "init", "--yes")
    assert (done.code, _status(team)) == (0, WROTE), done.out
    assert (team.root / "pyproject.toml").read_text().startswith("# ours\n")
    team.commit()
    again = team.run("ft", "init", "--yes")
    assert (again.code, "nothing to write" in again.out, _status(team)) == (0, True, []), again.out
    warm = team.run("ft", "warm", env={"CI": "true"})
    assert (warm.code, team.ran(), _status(team)) == (0, {"ruff", "tests"}, []), warm.out


def test_it_asks_and_does_not_guess_an_answer(team: Checkout) -> None:
    """Where nobody is there, nothing is written."""
    ran = team.run("ft", "init")
    assert (ran.code, "ft init --yes" in ran.out, _status(team)) == (3, True, []), ran.out
    wrong = team.run("ft", "init", "--yse")
    assert (wrong.code, "--yes" in wrong.out) == (3, True), wrong.out


def test_it_tells_programs(team: Checkout) -> None:
    """What was found, what would be written, what is left to do."""
    told = json.loads(team.run("ft", "init", "--json").out)
    assert sorted(it["path"] for it in told["writes"]) == WROTE
    assert (told["written"], told["found"]["main"]) == (False, "master")
    assert _status(team) == []


def test_git_s_own_hook_is_written_where_nothing_else_runs_hooks(shop: Checkout) -> None:
    """It lies in this clone alone, and runs what is staged."""
    ran = shop.run("ft", "init", "--yes")
    place = shop.root / ".git/hooks/pre-commit"
    assert (ran.code, place.stat().st_mode & 0o111 != 0) == (0, True), ran.out
    assert "ft warm --staged" in place.read_text()
    shop.git("add", "-A")
    shop.git("commit", "-qm", "A green commit")
    shop.write("shop.py", CODE.replace("* 3", "* 4"))
    shop.git("add", "-A")
    red = shop.run("git", "commit", "-qm", "A red one", programs=GIT)
    assert (red.code, "test_price" in red.out) == (1, True), red.out
    shop.git("config", "core.hooksPath", ".own")
    place.unlink()
    assert shop.run("ft", "init", "--yes").code == 0
    assert not place.exists()


def test_nothing_needs_to_be_written_to_begin(shop: Checkout) -> None:
    """A fresh clone without any file of ours: warm works, and leaves nothing that git shows."""
    (shop.root / "dodo.py").unlink()
    shop.write("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.']\n")
    shop.commit()
    ran = shop.run("ft", "warm")
    assert (ran.code, shop.git("status", "--short")) == (0, ""), ran.out
    off = {line.result.gate for line in shop.report().gates if line.result.status == "off"}
    assert off == {"ruff", "mypy"}
    assert ran.out.count("to switch it on: [tool.firsttry.") == 2


MYPY_HOOK = """\
repos:
- repo: https://github.com/pre-commit/mirrors-mypy
  rev: v1.12.0
  hooks:
  - {id: mypy, additional_dependencies: [types-six]}
- repo: https://github.com/astral-sh/ruff-pre-commit
  rev: v0.6.1
  hooks: [{id: ruff-check}]
"""
NOX = "def tests(s):\n    s.install('-r', 'tests/requirements.txt')\n    s.run('pytest')\n"


def test_ci_gets_the_tools_that_only_hooks_bring(shop: Checkout) -> None:
    """In the hooks' versions, with what these install besides; not what is installed anyway."""
    shop.write("pyproject.toml", "")
    shop.write(".pre-commit-config.yaml", MYPY_HOOK)
    shop.write("noxfile.py", NOX)
    shop.write("tests/requirements.txt", "pytest\nruff==0.6.1\n")
    shop.write(".github/workflows/a.yml", "jobs: {}\n")
    said = shop.run("ft", "init", "--dry-run").out
    [line] = [it for it in said.splitlines() if "pip install 'firsttry" in it and "mypy" in it]
    assert line.split("' ")[1] == "mypy==1.12.0 types-six"


def test_a_workspace_is_installed_with_its_members(shop: Checkout) -> None:
    """As uv calls it."""
    workspace = '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
    shop.write("pyproject.toml", (shop.root / "pyproject.toml").read_text() + workspace)
    shop.write("libs/a/pyproject.toml", "[project]\nname = 'a'\n")
    shop.write("uv.lock", "version = 1\n")
    said = shop.run("ft", "init", "--dry-run").out
    assert "uv sync --all-groups --all-extras --all-packages" in said
    assert "workspace: libs/a" in said


TOX = """\
[testenv]
deps = six
commands = python -m pytest
[testenv:types]
deps =
  mypy==1.12.0
  types-six
commands = mypy shop.py
"""


def test_ci_installs_what_the_team_s_own_environments_do(shop: Checkout) -> None:
    """Tox's for the tests, and what its own one for mypy has besides."""
    shop.write("pyproject.toml", "[project]\nname = 'shop'\nversion = '1'\n")
    shop.write("tox.ini", TOX)
    shop.write("requirements-test-other.txt", "nothing\n")
    shop.write(".github/workflows/a.yml", "jobs: {}\n")
    said = shop.run("ft", "init", "--dry-run").out
    assert "installed by pip (from tox.ini, py): python -m pip install -e . six" in said
    [line] = [it for it in said.splitlines() if "pip install 'firsttry" in it and "mypy" in it]
    assert line.split("' ")[1] == "mypy==1.12.0 types-six"
    done = shop.run("ft", "init", "--yes")
    assert done.code == 0, done.out
    assert "python -m pip install -e . six" in (shop.root / plan.WORKFLOW).read_text()
