"""Tells what a test was skipped by: its own code, or what happened around it."""

from __future__ import annotations

import pytest

#: pytest's marks that skip.
MARKS = ("skip", "skipif")


def explained(item: pytest.Item, report: pytest.TestReport) -> bool:
    """Tell whether a test was skipped by what it was seen to do, so that it rests on just that.

    A hook or a plugin that skips may have asked other tests' results, or things that nobody saw.
    """
    if not report.skipped or hasattr(report, "wasxfail"):
        return False
    if any(item.get_closest_marker(name) for name in MARKS) or _by_unittest(item):
        return taken_out(item)
    # pytest says where the skip was raised; the frames of pytest's own `skip` are left out of it.
    where = report.longrepr[0] if isinstance(report.longrepr, tuple) else ""
    return where == str(item.path)


def taken_out(item: pytest.Item) -> bool:
    """Tell whether the code of a test, its class or its module skips it or expects it to fail.

    That was decided when the module was imported, whatever else runs. A mark that a hook adds, or a
    condition that is evaluated later, may depend on just that.
    """
    if _by_unittest(item):
        return True
    # Asked first, because it is quick, and few tests have one.
    if not any(item.get_closest_marker(name) for name in (*MARKS, "xfail")):
        return False
    written = (getattr(node, "pytestmark", []) for node in _objects(item))
    return any(_decides(mark) for it in written for mark in (it if isinstance(it, list) else [it]))


def _decides(mark: object) -> bool:
    """Tell whether a mark takes a test out by what was known when it was written down."""
    mark = getattr(mark, "mark", mark)
    if not isinstance(mark, pytest.Mark):
        return False
    conditions = (*mark.args, *([mark.kwargs["condition"]] if "condition" in mark.kwargs else []))
    settled = not conditions or any(it and not isinstance(it, str) for it in conditions)
    return mark.name == "skip" or (mark.name in {"skipif", "xfail"} and settled)


def _objects(item: pytest.Item) -> list[object]:
    """Return a test's function, its class and its module."""
    return [getattr(node, "obj", None) for node in item.listchain()]


def _by_unittest(item: pytest.Item) -> bool:
    """Tell whether one of unittest's own decorators skips the test."""
    return any(getattr(it, "__unittest_skip__", False) is True for it in _objects(item))
