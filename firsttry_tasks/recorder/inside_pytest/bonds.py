"""Says what a test has in common with others, so that they run on one machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.recorder.inside_pytest.reports import groups

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

#: The scopes of fixtures that are set up once for tests of several files.
WIDE = frozenset({"session", "package"})


def bound(item: pytest.Item, fixtures: Collection[str]) -> list[str]:
    """Return the names by which a test has to run together with others.

    They are the groups of its marks, for what a plugin makes of a file its kind, and which of these
    ``fixtures`` it uses.
    """
    names = [f"group:{name}" for name in groups(item)]
    names += [f"fixture:{name}" for name in _named(item, fixtures)]
    kind = type(item).__module__
    # Of pytest's own kinds it is known that each item stands alone.
    if not isinstance(item, pytest.Function) and not kind.startswith("_pytest."):
        names.append(f"kind:{kind}")
    return list(dict.fromkeys(names))


def shared(item: pytest.Item, root: str) -> list[str]:
    """Return the project's own fixtures that a test uses and that are set up once for many."""
    return [
        f"fixture:{fixture.baseid}::{name}"
        for name, fixture in _known(item)
        if fixture.scope in WIDE and _below(fixture.func, root)
    ]


def _named(item: pytest.Item, fixtures: Collection[str]) -> Iterator[str]:
    above, test = item.nodeid.partition("::")[0], item.nodeid.partition("[")[0]
    # What each file or class has of its own, only the tests there share.
    owners = {"module": f"{above}::", "class": test.removesuffix(test.rpartition("::")[2])}
    for name, fixture in _known(item):
        if name in fixtures:
            yield f"{owners.get(fixture.scope, '')}{name}"


def _known(item: pytest.Item) -> list[tuple[str, Any]]:
    # pytest has no public way to ask before a test runs; other kinds of items have no fixtures.
    known: dict[str, Iterable[Any]] = getattr(
        getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}
    )
    return [(name, it) for name, found in sorted(known.items()) for it in tuple(found)[-1:]]


def _below(function: object, root: str) -> bool:
    """Tell whether a function stands in a file of the project."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    place = os.path.realpath(getattr(code, "co_filename", ""))
    return code is not None and place.startswith(f"{os.path.realpath(root)}{os.sep}")
