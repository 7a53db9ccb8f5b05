"""One function edited: `doit warm` beside ruff, mypy and pytest --testmon by hand, as warm."""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks import harness
from benchmarks.harness import BIN, Case
from firsttry_tasks.model.values import Report

TURNS = 9
LIMIT = 0.8
SDIST = "click==8.5.1"
SPLIT = 'help.partition("\\n\\n")[0].split()'
MODULES, FUNCTIONS, TESTS = 40, 12, 3
OURS = {
    "dodo.py": "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n",
    ".gitignore": "__pycache__/\n.testmondata*\n.pytest_cache/\n.mypy_cache/\n.ruff_cache/\n",
}
#: The project's own source is what its tests import, whatever is installed.
ENV = {"PYTHONPATH": "src"}
REPORT = "artifacts/warm_parity_report.json"
#: What either side keeps between its runs.
TESTMON = (".testmondata", ".testmondata-shm", ".testmondata-wal")
STATE = (".firsttry", ".mypy_cache", ".ruff_cache", ".pytest_cache", *TESTMON)
FUNCTION = '''

def total_{n}(rows: list[Row]) -> float:
    """Add up what the rows come to, {n} apart."""
    found: dict[str, float] = {{}}
    for row in rows:
        found[row.name] = found.get(row.name, 0.0) + row.amount * {n}
    return sum(found.values())
'''
ROW = '''"""What everything here is about, with the libraries a web project has."""

from dataclasses import dataclass

from hypothesis import strategies as st
from jinja2 import Environment
from jsonschema import Draft202012Validator

PAGE = Environment(autoescape=True).from_string("{% for row in rows %}{{ row.name }} {% endfor %}")
VALID = Draft202012Validator({"type": "object", "required": ["name"]})


@dataclass(frozen=True)
class Row:
    """A line of an account."""

    name: str
    amount: float


def page(rows: list[Row]) -> str:
    """Show the rows."""
    return PAGE.render(rows=rows)


def read(value: object) -> Row:
    """Return the row that a document holds."""
    VALID.validate(value)
    return Row(name=str(value), amount=0.0)


ROWS = st.lists(st.builds(Row, name=st.text(), amount=st.floats()))
'''
MODULE = '"""Sums over rows."""\n\nfrom sums.row import Row\n'
IMPORTS = """\
import pytest

from sums import m{number:02} as m
from sums.row import Row, page
"""
CASES = """

@pytest.mark.parametrize("n", range({tests}))
def test_total_{n}(n: int) -> None:
    rows = [Row(name=str(i), amount=float(i)) for i in range(n)]
    assert m.total_{n}(rows) == {n} * sum(range(n))
    assert page(rows).count(" ") == n
"""


class Project(Struct, frozen=True, kw_only=True):
    """A project: its folder, and a line of a function with what replaces it."""

    root: Path
    file: str
    line: str
    edited: str


class Side:
    """A copy of the project that learned its tree, and goes back to that before every turn."""

    def __init__(self, project: Project, name: str, *commands: tuple[str, ...]) -> None:
        """Copy, commit, and let the commands learn."""
        self.root = project.root.with_name(f"{project.root.name}-{name}")
        self.kept = self.root.with_suffix(".kept")
        self.project = project
        self.commands = commands
        shutil.copytree(project.root, self.root)
        harness.commit(self.root)
        self.learned = [harness.prepare(self.root, *it, **ENV) for it in commands]
        _copy(self.root, self.kept)

    def edit(self) -> None:
        """Put back what was known of the tree as committed, and edit the function."""
        _copy(self.kept, self.root)
        file = self.root / self.project.file
        text = (self.project.root / self.project.file).read_text(encoding="utf-8")
        file.write_text(text.replace(self.project.line, self.project.edited), encoding="utf-8")

    def case(self, name: str) -> Case:
        """Return what is measured here."""
        return Case(name, self.root, *self.commands, env=ENV, before=self.edit)


def main() -> int:
    """Measure both projects; 1 where a claim is broken."""
    with tempfile.TemporaryDirectory(prefix="one-edit-") as folder:
        projects = [generated(Path(folder) / "generated"), click(Path(folder) / "click")]
        kept = [_compare(project) for project in projects]
    return 0 if all(kept) else 1


def _compare(project: Project) -> bool:
    warm = Side(project, "warm", (str(BIN / "doit"), "warm"))
    first = _report(warm)
    same = [gate.result.argv for gate in first.gates if gate.result.gate != "tests"]
    tests = (str(BIN / "python"), "-m", "pytest", "-q", "--testmon", "--testmon-forceselect")
    hand = Side(project, "hand", *same, tests)
    cases = harness.measure([hand.case("by hand"), warm.case("doit warm")], TURNS)
    claim = harness.claim_time(cases, "doit warm", "by hand", LIMIT)
    hand.edit()
    by_hand = harness.prepare(hand.root, *tests, **ENV).strip().splitlines()[-1]
    [detail] = [gate.result.tests for gate in _report(warm).gates if gate.result.tests]
    counts = detail.counts
    note = f"doit warm chose {counts.selected} of {counts.total} tests; by hand: {by_hand}"
    return harness.report(f"one-edit-{project.root.name}", cases, [claim], note)


def _report(side: Side) -> Report:
    data = (side.root / REPORT).read_bytes()
    return msgspec.json.decode(data, type=Report)


def _copy(source: Path, target: Path) -> None:
    """Copy the state from one place to the other, ages and all."""
    for name in STATE:
        shutil.rmtree(target / name, ignore_errors=True)
        (target / name).unlink(missing_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        elif (source / name).exists():
            target.mkdir(exist_ok=True)
            shutil.copy2(source / name, target / name)


def generated(root: Path) -> Project:
    """Write a project of 40 modules with 480 functions and 1,440 tests."""
    files = {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n'}
    for number in range(MODULES):
        functions = (FUNCTION.format(n=n) for n in range(FUNCTIONS))
        files[f"src/sums/m{number:02}.py"] = MODULE + "".join(functions)
        cases = "".join(CASES.format(n=n, tests=TESTS) for n in range(FUNCTIONS))
        files[f"tests/test_m{number:02}.py"] = IMPORTS.format(number=number) + cases
    harness.write(root, files | {"src/sums/__init__.py": "", "src/sums/row.py": ROW} | OURS)
    line = "found[row.name] = found.get(row.name, 0.0) + row.amount * 7"
    edited = "found[row.name] = row.amount * 7 + found.get(row.name, 0.0)"
    return Project(root=root, file="src/sums/m07.py", line=line, edited=edited)


def click(root: Path) -> Project:
    """Unpack the source distribution of click."""
    unpack = root.parent / "unpack"
    options = ("--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(unpack))
    harness.prepare(root.parent, sys.executable, "-m", "pip", "download", *options, SDIST)
    [archive] = unpack.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(unpack, filter="data")
    (unpack / archive.name.removesuffix(".tar.gz")).rename(root)
    harness.write(root, OURS)
    line, edited = SPLIT, f"list({SPLIT})"
    return Project(root=root, file="src/click/utils.py", line=line, edited=edited)


if __name__ == "__main__":
    sys.exit(main())
