"""Objects arrive in pieces and whole, or not at all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.cluster.tree import objects
from firsttry_tasks.cluster.tree.objects import Objects
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import contents

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b"one line\n" * 100


def _pieces(data: bytes) -> list[objects.Piece]:
    return list(objects.packed(contents.blob(data), "blob", len(data), (data,)))


def _kept(folder: Path, *several: bytes) -> Objects:
    held = Objects(folder)
    for data in several:
        held.take(_pieces(data))
    return held


def test_what_was_taken_is_read_again(tmp_path: Path) -> None:
    """A blob comes out as it went in."""
    held = _kept(tmp_path, TEXT)
    assert b"".join(held.read(contents.blob(TEXT))) == TEXT


def test_only_what_is_not_here_is_lacking(tmp_path: Path) -> None:
    """What one tree brought is not asked for again."""
    held = _kept(tmp_path, TEXT)
    other = contents.blob(b"other")
    assert held.lacking([contents.blob(TEXT), other]) == (other,)


def test_a_large_object_travels_in_many_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No piece is larger than a message may be, and the object is whole in the end."""
    monkeypatch.setattr(objects, "CHUNK", 1000)
    data = os.urandom(5000)
    pieces = _pieces(data)
    held = Objects(tmp_path)
    held.take(pieces)
    whole = b"".join(held.read(contents.blob(data))) == data
    assert (whole, max(len(it[2]) for it in pieces[:-1]), len(pieces) > 4) == (True, 1000, True)


def test_an_object_that_is_another_one_is_refused(tmp_path: Path) -> None:
    """What a name stands for is what the name is of, whoever sent it."""
    name, offset, data, last = _pieces(TEXT)[0]
    with pytest.raises(FirstTryError, match="is another one"):
        Objects(tmp_path).take([(contents.blob(b"other"), offset, data, last)])
    assert Objects(tmp_path).lacking([name]) == (name,)


def test_half_an_object_is_none(tmp_path: Path) -> None:
    """A sender that dies in the middle leaves nothing that could be read."""
    name, offset, data, _ = _pieces(TEXT)[0]
    held = Objects(tmp_path)
    held.take([(name, offset, data[:5], False)])
    assert held.lacking([name]) == (name,)


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    """A name from elsewhere is no path."""
    with pytest.raises(FirstTryError, match="no name of an object"):
        Objects(tmp_path).take([("../../etc/passwd", 0, b"", True)])


def test_what_nobody_asked_for_lately_goes_first(tmp_path: Path) -> None:
    """The folder is bounded, and what a tree of today needs stays."""
    held = _kept(tmp_path, b"old", b"new")
    for path in tmp_path.glob("*/??/*"):
        if path.parent.name + path.name == contents.blob(b"old"):
            os.utime(path, (0, time.time() - 2 * objects.LATELY))
    held.prune(most=0)
    assert held.lacking([contents.blob(b"old"), contents.blob(b"new")]) == (contents.blob(b"old"),)


def test_messages_hold_all_pieces_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are put together, none is lost, and a message ends with the piece that fills it."""
    monkeypatch.setattr(objects, "CHUNK", 10)
    pieces = [(str(at), 0, bytes(size), True) for at, size in enumerate([4, 4, 4, 10, 1, 0])]
    messages = list(objects.gathered(pieces))
    assert [[int(it[0]) for it in message] for message in messages] == [[0, 1, 2], [3], [4, 5]]
