"""Reads pytest's reports of one test: its phases, its subtests, its attempts and its crash.

Plugins invent outcomes (`rerun`, `retried`), so none is looked up in a list. What is bad is asked
as pytest's session asks before it counts a failure, so that findings and exit code agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

#: The phases in which pytest reports a test. A report of none of them comes from the process around
#: it, after the one that ran the test died in it.
PHASES = frozenset({"setup", "call", "teardown"})


def bad(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Tell whether pytest's session counts this report as a failure."""
    return report.failed and not hasattr(report, "wasxfail")


def word(report: pytest.TestReport) -> str:
    """Return the outcome of a report in pytest's words, or in those of the plugin that made it."""
    # Only this attribute tells an expected failure from a skip; pytest reports both as skipped.
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return report.outcome


class Ending:
    """What the reports of one test come to, over all its attempts.

    The first that pytest counts as a failure decides, because no later attempt takes the count
    back. Where there is none, the last that says something does: an attempt that a plugin calls
    `rerun` is followed by another.
    """

    def __init__(self) -> None:
        """Have heard nothing yet."""
        self.decisive: pytest.TestReport | None = None
        self.seconds = 0.0
        #: The last phase that was heard of: before the teardown, a test has not come to its end.
        self.phase: str | None = None

    def hear(self, report: pytest.TestReport) -> None:
        """Take in one report."""
        self.seconds += report.duration
        self.phase = report.when
        # A set-up or a teardown that went well says nothing: with `--setup-only` no test is called.
        silent = report.when in {"setup", "teardown"} and word(report) == "passed"
        if not silent and not (self.decisive is not None and bad(self.decisive)):
            self.decisive = report


def groups(item: pytest.Item) -> Iterator[str]:
    """Yield the names of the groups into which marks put a test for xdist's scheduler."""
    for mark in item.iter_markers("xdist_group"):
        yield str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))


def known_as(item: pytest.Item) -> str:
    """Return the node id by which a test is known, in a worker of xdist and without workers."""
    # With pytest 8 and `--dist loadgroup` a worker appends the group for the scheduler. A run in
    # one process does not, and it is the same test.
    if getattr(item.config.option, "loadgroup", False):
        return item.nodeid.removesuffix(f"@{'_'.join(sorted(set(groups(item))))}")
    return item.nodeid
