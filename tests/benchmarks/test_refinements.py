"""The table of refinements, and the edits that change no value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from benchmarks import idle_edits
from benchmarks.refinements import TITLE, Edit, Found, Row, inserted, section

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''\
import json
import os


class Box:
    def lid(self, n: int | None, size=1):
        """Return the lid."""
        return n

    def size(self):
        return os.sep + json.dumps(1)
'''
ROW = Row(
    project="box",
    tuned=True,
    tests=10,
    edits={
        "faults": [
            Edit(kind="body", place="a.py:1", all=10.0, without={"docstrings": 40.0}),
            Edit(kind="body", place="a.py:2", all=20.0),
        ],
        "no value": [],
        "commits": [Edit(kind="reversed commit", place="abc", all=100.0)],
    },
)
PAGE = f"# Head\n\n{TITLE}\n\nold\n\n## Class body\n\nrows\n"


def test_a_line_says_how_much_more_is_selected() -> None:
    """The first line has the means with all refinements in force, the others what is added."""
    table = section(Found(projects={"box": ROW}, rows={"docstrings": ["a", "b"]}))
    assert "| *all in force* | 15.0 / - / 100.0 |  |" in table
    [line] = [line for line in table.splitlines() if line.startswith("| `docstrings`")]
    assert line.endswith("| +15.0 / - / 0 | 2 |")


def test_the_table_takes_the_place_of_the_old_one() -> None:
    """What stands around it stays, however often it is made."""
    table = section(Found(projects={"box": ROW}))
    once = inserted(PAGE, table)
    assert once == inserted(once, table)
    assert once == f"# Head\n\n{table}\n## Class body\n\nrows\n"


def test_a_page_without_a_table_gets_one() -> None:
    """It stands before the rows."""
    table = section(Found(projects={"box": ROW}))
    assert inserted("# Head\n\n## Class body\n", table) == f"# Head\n\n{table}\n## Class body\n"


@pytest.mark.parametrize("kind", idle_edits.KINDS)
def test_an_edit_that_changes_no_value_is_python(tmp_path: Path, kind: str) -> None:
    """Each kind finds its place, and leaves a file that parses and has another text."""
    (tmp_path / "box.py").write_text(SOURCE, "utf-8")
    found = [it for it in idle_edits.draw(tmp_path, ["box.py"], 99, 1) if it.kind == kind]
    assert found
    found[0].apply(tmp_path)
    text = (tmp_path / "box.py").read_text("utf-8")
    ast.parse(text)
    assert text != SOURCE
