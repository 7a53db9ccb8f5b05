"""A line for depends is put where it belongs, or told to a person."""

from __future__ import annotations

import tomllib

import pytest

from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.parity import depends_toml

LINE = ("data/*", "tests/test_a.py::test_a")
HEAD = "[tool.firsttry.depends]\n"


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", f'{HEAD}"data/*" = ["tests/test_a.py::test_a"]\n'),
        ("[x]\ny = 1 # z\n", f'[x]\ny = 1 # z\n\n{HEAD}"data/*" = ["tests/test_a.py::test_a"]\n'),
        (
            f'{HEAD}"b" = ["c"]\n[x]\n',
            f'{HEAD}"data/*" = ["tests/test_a.py::test_a"]\n"b" = ["c"]\n[x]\n',
        ),
        (
            f'{HEAD}"data/*" = ["c"]\n',
            f'{HEAD}"data/*" = ["c", "tests/test_a.py::test_a"]\n',
        ),
        (
            f'{HEAD}"data/*" = ["tests/test_a.py::test_a"]',
            f'{HEAD}"data/*" = ["tests/test_a.py::test_a"]',
        ),
    ],
)
def test_a_line_is_added(text: str, edited: str) -> None:
    """At the end, below its header, or in the place of the same glob's line."""
    assert depends_toml.add(text, [LINE]) == edited


@pytest.mark.parametrize(
    "text",
    [
        '[tool.firsttry]\ndepends = {"data/*" = ["c"]}\n',
        f'{HEAD}"data/*" = [\n  "c",\n]\n',
        f"{HEAD}'data/*' = ['c']\n",
        "not toml",
    ],
)
def test_what_can_not_be_edited_is_told(text: str) -> None:
    """The sentence has the line to paste."""
    with pytest.raises(UsageError, match='"data/\\*" = '):
        depends_toml.add(text, [LINE])


def test_odd_names_are_quoted() -> None:
    """Whatever stands in a node id, the text is TOML."""
    odd = ('a "b" \\ é', "tests/t.py::t[\n]")
    read = tomllib.loads(depends_toml.add("", [odd]))["tool"]["firsttry"]["depends"]
    assert read == {odd[0]: [odd[1]]}
