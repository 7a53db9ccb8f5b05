"""mypy and ruff are called in the folders of a workspace as the team calls them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

SETTINGS = """
[tool.uv.workspace]
members = ["libs/*"]
[tool.firsttry.pytest]
enabled = false
[tool.firsttry.ruff]
enabled = false
"""
UNTYPED = "def price(n):\n    return n * 3\n"
WORKFLOW = """\
on: push
jobs:
  types:
    strategy:
      matrix:
        it: [{at: libs/base, name: base}, {at: libs/app, name: app}]
        python: ["3.9", "3.13"]
    defaults: {run: {working-directory: "${{ matrix.it.at }}"}}
    steps:
      - run: pip install mypy
      - run: mypy -p ${{ matrix.it.name }}
        env: {MYPYPATH: src}
"""
MAKEFILE = "types:\n\tfor p in libs/*; do (cd $$p && mypy src) || exit 1; done\n"


@pytest.fixture(name="workspace")
def _workspace(checkout: Checkout) -> Checkout:
    """Return two packages of the same untyped code; one of them wants its functions typed."""
    checkout.write("pyproject.toml", SETTINGS)
    for name, strict in (("base", "true"), ("app", "false")):
        checkout.write(f"libs/{name}/src/{name}/__init__.py", UNTYPED)
        mypy = f"[tool.mypy]\ndisallow_untyped_defs = {strict}\n"
        checkout.write(f"libs/{name}/pyproject.toml", mypy)
    checkout.commit()
    return checkout


@pytest.mark.few(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "Nobody calls mypy.\n"),
        ("Makefile", MAKEFILE),
        (".github/workflows/types.yml", WORKFLOW),
        ("libs/base/tox.ini", "[testenv:types]\ncommands = mypy src\n"),
        ("noxfile.py", "def t(s):\n    s.chdir('libs/base')\n    s.run('mypy', 'src')\n"),
    ],
)
def test_each_package_is_checked_by_its_own_configuration(
    workspace: Checkout, name: str, text: str
) -> None:
    """In its folder: the strict one is red for its own file, and green once that is typed."""
    workspace.write(name, text)
    ran = workspace.run("ft", "warm")
    found = {it.path for it in workspace.gate(gate="mypy").findings}
    assert (ran.code, found) == (1, {"libs/base/src/base/__init__.py"}), ran.out
    typed = UNTYPED.replace("price(n)", "price(n: int) -> int")
    workspace.write("libs/base/src/base/__init__.py", typed)
    assert [workspace.run("ft", it).code for it in ("warm", "full")] == [0, 0]
    assert (workspace.run("ft", "warm").code, workspace.ran()) == (0, set())
    workspace.write("libs/base/src/base/__init__.py", UNTYPED)
    assert workspace.run("ft", "warm").code == 1


@pytest.mark.slow
def test_the_configuration_of_one_package_changes(workspace: Checkout) -> None:
    """Then mypy runs again, and without what it remembers."""
    workspace.write("libs/base/pyproject.toml", "[tool.mypy]\n")
    assert workspace.run("ft", "warm").code == 0
    workspace.write("libs/app/pyproject.toml", "[tool.mypy]\nstrict = true\n")
    ran = workspace.run("ft", "warm")
    assert (ran.code, workspace.gate(gate="mypy").findings[0].path) == (
        1,
        "libs/app/src/app/__init__.py",
    ), ran.out


def test_a_package_with_nothing_to_check_is_told(workspace: Checkout) -> None:
    """By its name, beside the findings of the others."""
    workspace.write("pyproject.toml", SETTINGS.replace("tool.firsttry.ruff", "tool.firsttry.mypy"))
    workspace.write("tools/empty/README.md", "To do.\n")
    workspace.write(
        "Makefile", "lint:\n\tcd libs/base && ruff check\n\tcd tools/empty && ruff check .\n"
    )
    for name in ("base", "app"):
        workspace.write(f"libs/{name}/pyproject.toml", "")
    workspace.write("libs/base/src/base/__init__.py", "import os\n")
    ran = workspace.run("ft", "warm")
    told = "tools/empty: ruff found no Python file to check"
    assert (ran.code, told in ran.out) == (1, True), ran.out


def test_the_settings_show_each_call(workspace: Checkout) -> None:
    """With its folder, as it can be typed."""
    workspace.write("Makefile", MAKEFILE)
    said = workspace.run("ft", "settings").out
    assert "(cd libs/app && mypy src) && (cd libs/base && mypy src) (in Makefile)" in said
