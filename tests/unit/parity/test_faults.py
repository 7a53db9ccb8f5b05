"""Seeded faults: deterministic, spread over kinds, and small."""

import ast
from pathlib import Path

import pytest

from firsttry_tasks.parity.faults import KINDS, Fault, draw

_SOURCE = '''\
LIMIT = 3


def plain(func):
    return func


class Box:
    size = 1

    @plain
    def fill(self, n: int) -> str:
        """Fill it, ünïcödé and all."""
        text = "é"
        if n > self.size:
            return text
        return "x"
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of one module and one data file."""
    (tmp_path / "box.py").write_text(_SOURCE, "utf-8")
    (tmp_path / "a.txt").write_text("one\n\ntwo\n", "utf-8")
    return tmp_path


def _draw(tree: Path, seed: int = 1) -> list[Fault]:
    return draw(tree, ["box.py"], ["a.txt"], 100, seed)


def test_each_kind_has_a_fault(tree: Path) -> None:
    """A module that has a place for each kind gets a fault of each kind."""
    assert {fault.kind for fault in _draw(tree)} == set(KINDS)


def test_the_seed_decides(tree: Path) -> None:
    """The same seed draws the same faults."""
    assert _draw(tree, 7) == _draw(tree, 7)


def test_a_faulty_module_still_parses(tree: Path) -> None:
    """A fault of Python source is wrong, but it is Python."""
    for fault in _draw(tree):
        fault.apply(tree)
        ast.parse((tree / "box.py").read_bytes())
        (tree / "box.py").write_text(_SOURCE, "utf-8")


def test_a_condition_is_turned_round(tree: Path) -> None:
    """Positions are counted in bytes, so letters beyond ASCII move nothing."""
    next(fault for fault in _draw(tree) if fault.kind == "condition").apply(tree)
    assert "if (not (n > self.size)):" in (tree / "box.py").read_text("utf-8")
