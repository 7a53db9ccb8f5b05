"""Bytes that are not what was expected end in one kind of error, whatever a decoder raises."""

from __future__ import annotations

import pytest
from msgspec import Struct

from firsttry_tasks.model import decoding

DEEP = b"[" * 20_000


class _Box(Struct):
    size: float = 0.0
    count: int = 0
    name: str = ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\xff\xfe",
        b'{"name": "\xc3"}',
        b'{"count": "many"}',
        b'{"size": 1e999}',
        b'{"count": 1e999}',
        b'{"other": ' + DEEP + b"}",
        DEEP,
        b'{"name": "\\ud800',
    ],
)
def test_json_has_one_kind_of_error(data: bytes) -> None:
    """Cut, garbage, bad UTF-8, deep brackets, numbers without an end."""
    with pytest.raises(decoding.UndecodableError):
        decoding.json(data, _Box)


@pytest.mark.parametrize(
    "data", [b"a = ", b"a = " + DEEP, b"\xff", b"d = 2026-13-45", b"n = 9" + b"9" * 5000]
)
def test_toml_has_one_kind_of_error(data: bytes) -> None:
    """The same for configuration."""
    with pytest.raises(decoding.UndecodableError):
        decoding.toml(data)


def test_depth_is_told_in_words() -> None:
    """Python's own message speaks of recursion, which is no mistake of the reader."""
    with pytest.raises(decoding.UndecodableError, match="nested too deeply"):
        decoding.toml(b"a = " + DEEP)
