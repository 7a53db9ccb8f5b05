"""For the annotations of which functions nobody asked, as all processes of a run say."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.model.recording import Record, ScopeRecord, Unread
from firsttry_tasks.selection.learn.unread import are_unread, asked
from firsttry_tasks.selection.syntax.parse import take_apart
from tests.unit.selection.world import World

CODE = """\
def typed(n: int): ...
def bare(n): ...
class Tool:
    @property
    def size(self): ...
    @size.setter
    def size(self, n: int): ...
"""
FRAGMENTS = take_apart(CODE.encode())
#: Where the functions begin.
TYPED, BARE, SIZE, SETTER = 1, 2, 4, 6
EMPTY = Record((), (), (), (), {}, {}, (), (), (), 0.0, ())
NAMES = ("typed", "bare", "Tool.size")


def _record(*said: Unread) -> Record:
    return msgspec.structs.replace(EMPTY, scopes=(ScopeRecord("import", "a.py"),), unread=said)


def _said(annotated: set[int], bare: set[int]) -> Unread:
    return Unread("a.py", tuple(annotated), tuple(bare))


_ALL = _said({TYPED, SETTER}, {BARE})


@pytest.mark.parametrize(
    ("records", "unread"),
    [
        ([_record(_ALL)], {"typed", "bare"}),
        ([_record(_said({TYPED}, set()))], {"typed"}),
        ([_record(_said(set(), {TYPED, BARE}))], {"bare"}),
        ([_record(_said({TYPED, BARE}, set()))], {"typed", "bare"}),
        ([_record(_ALL), _record(_said({TYPED}, set()))], {"typed"}),
        ([_record(_ALL), EMPTY], {"typed", "bare"}),
        ([_record(_ALL), _record()], set()),
        ([_record()], set()),
        ([_record(_said({TYPED, SETTER}, {SIZE}))], {"typed"}),
    ],
)
def test_what_nobody_asked_for(records: list[Record], unread: set[str]) -> None:
    """All processes that imported the file must say so, of all functions of a name."""
    found = asked(records, lambda _: FRAGMENTS)
    run = msgspec.structs.replace(World({}, {}).recorded, annotations=found)
    assert {it for it in NAMES if are_unread(run, "a.py", FRAGMENTS, it)} == unread


def test_a_function_that_was_not_there_is_not_unread() -> None:
    """It may be made by what asks."""
    run = msgspec.structs.replace(World({}, {}).recorded, annotations={"a.py": ()})
    assert not are_unread(run, "a.py", FRAGMENTS, "new")
