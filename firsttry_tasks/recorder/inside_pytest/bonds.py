"""Says what a test has in common with others, so that they run on one machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.recorder.inside_pytest.reports import groups

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The scopes of fixtures that are set up once for tests of several files.
WIDE = frozenset({"session", "package"})


def bound(item: pytest.Item) -> list[str]:
    """Return the names by which a test has to run together with others.

    They are the groups of its marks, and for what a plugin makes of a file its kind.
    """
    names = [f"group:{name}" for name in groups(item)]
    kind = type(item).__module__
    # Of pytest's own kinds it is known that each item stands alone.
    if not isinstance(item, pytest.Function) and not kind.startswith("_pytest."):
        names.append(f"kind:{kind}")
    return list(dict.fromkeys(names))


def shared(item: pytest.Item, root: str) -> list[str]:
    """Return the project's own fixtures that a test uses and that are set up once for many."""
    # pytest has no public way to ask before a test runs; other kinds of items have no fixtures.
    known: dict[str, Iterable[Any]] = getattr(
        getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}
    )
    return [
        f"fixture:{fixture.baseid}::{name}"
        for name, fixtures in sorted(known.items())
        for fixture in tuple(fixtures)[-1:]
        if fixture.scope in WIDE and _below(fixture.func, root)
    ]


def _below(function: object, root: str) -> bool:
    """Tell whether a function stands in a file of the project."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    place = os.path.realpath(getattr(code, "co_filename", ""))
    return code is not None and place.startswith(f"{os.path.realpath(root)}{os.sep}")
