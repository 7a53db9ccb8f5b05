"""Seeded edits: deterministic, as many of each area, and tools can read what they leave."""

import ast
import tomllib
from pathlib import Path

import pytest

from benchmarks.edits import AREAS, Edit, Places, draw_edits

_CODE = '''\
from os import path

LIMIT = 3
KEY = lambda word, *, deep=1: word


def size(name: str, *more: int, sure=True) -> int:
    """Look it up, ünïcödé and all."""
    if sure:
        name = name.strip()
    return len(path.join(name, f"{more}")) + LIMIT
'''
_FILES = {
    "box.py": _CODE,
    "tests/test_box.py": "from box import size\n\n\ndef test_size():\n    assert size('')\n",
    "pyproject.toml": (
        '[project]\nname = "box"\n\n[tool.pytest.ini_options]\naddopts = []\n\n[tool.mypy]\n'
        "strict = true\n\n[tool.ruff]\nline-length = 99\n"
    ),
    "rates.csv": "a,b\n1,2\n",
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Write a small project, and return its files."""
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return Places(
        code=["box.py"], tests=["tests/test_box.py"], data=["rates.csv"], tracked=sorted(_FILES)
    )


def _drawn(root: Path, places: Places, area: str) -> list[Edit]:
    return [it for it in draw_edits(root, places, 200, 1) if it.area == area]


def test_each_area_has_as_many(tmp_path: Path, places: Places) -> None:
    """Twenty edits are four of each area, in turns."""
    areas = [it.area for it in draw_edits(tmp_path, places, 20, 3)]
    assert areas == [*AREAS] * 4


def test_the_seed_decides(tmp_path: Path, places: Places) -> None:
    """The same seed draws the same edits."""
    assert draw_edits(tmp_path, places, 20, 7) == draw_edits(tmp_path, places, 20, 7)


@pytest.mark.parametrize("area", ["code", "types", "lint"])
def test_edited_code_still_parses(tmp_path: Path, places: Places, area: str) -> None:
    """An edit of code is wrong, but it is Python."""
    for it in _drawn(tmp_path, places, area):
        it.fault.apply(tmp_path)
        ast.parse((tmp_path / it.fault.path).read_bytes())
        (tmp_path / it.fault.path).write_text(_FILES[it.fault.path], "utf-8")


def test_settings_are_dropped_and_added(tmp_path: Path, places: Places) -> None:
    """Each tool's table loses and gains lines; what belongs to no tool is left alone."""
    kinds = {it.fault.kind for it in _drawn(tmp_path, places, "configuration")}
    settings = {f"{it} setting" for it in ("pytest", "mypy", "ruff", "dropped")}
    assert kinds == settings | {"conftest"}


def test_no_edit_touches_what_is_no_tool_s(tmp_path: Path, places: Places) -> None:
    """The project's own table of pyproject.toml stays as it is, whatever is dropped."""
    for it in _drawn(tmp_path, places, "configuration"):
        if it.fault.kind == "dropped setting":
            it.fault.apply(tmp_path)
            text = (tmp_path / "pyproject.toml").read_text("utf-8")
            assert tomllib.loads(text)["project"] == {"name": "box"}
            (tmp_path / "pyproject.toml").write_text(_FILES["pyproject.toml"], "utf-8")


def test_a_conftest_is_made_where_there_is_none(tmp_path: Path, places: Places) -> None:
    """A hook needs no conftest.py to be there."""
    it = next(it for it in _drawn(tmp_path, places, "configuration") if it.fault.kind == "conftest")
    it.fault.apply(tmp_path)
    assert (tmp_path / "conftest.py").is_file()
