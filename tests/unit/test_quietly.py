"""Parsing without a word: warnings are kept, and are no errors here."""

from __future__ import annotations

import ast
import warnings

import pytest

from firsttry_tasks.model.source.quietly import compiled, parsed

_WARNS = "X = '\\d'\n"


@pytest.mark.filterwarnings("error")
def test_no_warning_is_an_error_here() -> None:
    """Whatever the filters of the process say."""
    before = list(warnings.filters)
    assert isinstance(parsed(_WARNS), ast.Module)
    _, warned = compiled(_WARNS.encode())
    assert len(warned) == 1
    assert r"\d" in warned[0]
    assert warnings.filters == before


def test_only_what_is_warned_of_this_source_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may be warned of something else meanwhile."""
    plain = ast.parse

    def late(*args: object) -> object:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return plain(*args)  # type: ignore[call-overload]

    monkeypatch.setattr(ast, "parse", late)
    assert compiled(b"X = 1\n")[1] == ()
