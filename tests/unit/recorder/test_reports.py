"""What the reports of one test come to, and by which name the test is known."""

from __future__ import annotations

import unittest
from types import SimpleNamespace
from typing import Any

import pytest

from firsttry_tasks.recorder.inside_pytest.reports import Ending, bad, known_as, word
from firsttry_tasks.recorder.inside_pytest.skips import explained, taken_out


def _report(outcome: str, when: str = "call", **more: Any) -> Any:
    """Return a report as pytest hands it to its hooks."""
    made: Any = pytest.TestReport("t.py::a", ("t.py", 0, "a"), {}, "passed", None, "call")
    vars(made).update(outcome=outcome, when=when, duration=0.5, **more)
    return made


EXPECTED = _report("skipped", wasxfail="known")


@pytest.mark.parametrize(
    ("report", "named", "counted"),
    [
        (_report("failed"), "failed", True),
        (_report("failed", "setup"), "failed", True),
        (_report("rerun"), "rerun", False),
        (_report("melted"), "melted", False),
        (EXPECTED, "xfailed", False),
        (_report("passed", wasxfail=""), "xpassed", False),
        (_report("failed", wasxfail=""), "xpassed", False),
    ],
)
def test_a_report_is_bad_where_pytest_counts_it(report: Any, named: str, *, counted: bool) -> None:
    """And has its outcome's own name otherwise."""
    assert (word(report), bad(report)) == (named, counted)


SETUP, TEARDOWN = _report("passed", "setup"), _report("passed", "teardown")
PASSED, FAILED = _report("passed"), _report("failed")


@pytest.mark.parametrize(
    ("reports", "ended"),
    [
        ((SETUP, PASSED, TEARDOWN), "passed"),
        ((_report("skipped", "setup"), TEARDOWN), "skipped"),
        ((SETUP, EXPECTED, TEARDOWN), "xfailed"),
        ((SETUP, PASSED, _report("failed", "teardown")), "failed"),
        ((SETUP, _report("rerun"), TEARDOWN, SETUP, PASSED, TEARDOWN), "passed"),
        ((SETUP, _report("retried"), TEARDOWN, SETUP, FAILED, TEARDOWN), "failed"),
        ((SETUP, FAILED, PASSED, TEARDOWN), "failed"),
        ((SETUP, _report("skipped"), PASSED, TEARDOWN), "passed"),
        ((SETUP, TEARDOWN), None),
    ],
    ids=[
        "plain",
        "skip",
        "xfail",
        "teardown",
        "rerun",
        "retried",
        "subtest",
        "skipped subtest",
        "set up only",
    ],
)
def test_the_first_failure_decides_or_else_the_last_word(
    reports: tuple[Any, ...], ended: str | None
) -> None:
    """Over all attempts of a test and all its subtests."""
    ending = Ending()
    for report in reports:
        ending.hear(report)
    said = ending.decisive
    assert (None if said is None else word(said)) == ended
    assert ending.seconds == len(reports) / 2


def _item(nodeid: str, *marks: pytest.MarkDecorator, grouped: bool = True, **code: Any) -> Any:
    """Return what a test looks like to those who ask for its name and its marks."""
    found = [it.mark for it in marks]
    return SimpleNamespace(
        nodeid=nodeid,
        config=SimpleNamespace(option=SimpleNamespace(loadgroup=grouped)),
        iter_markers=lambda name: (it for it in found if it.name == name),
        get_closest_marker=lambda name: next((it for it in found if it.name == name), None),
        listchain=lambda: [SimpleNamespace(), SimpleNamespace(obj=SimpleNamespace(**code))],
    )


GROUP = pytest.mark.xdist_group


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (_item("t.py::a@db", GROUP("db")), "t.py::a"),
        (_item("t.py::a[x@y]@db", GROUP(name="db")), "t.py::a[x@y]"),
        (_item("t.py::a@b_c", GROUP("c"), GROUP("b")), "t.py::a"),
        (_item("t.py::a[x@y]"), "t.py::a[x@y]"),
        (_item("t.py::a@db"), "t.py::a@db"),
        (_item("t.py::a@db", GROUP("db"), grouped=False), "t.py::a@db"),
    ],
)
def test_a_test_is_known_without_the_group_of_its_worker(item: Any, name: str) -> None:
    """In a run without workers it has none."""
    assert known_as(item) == name


SKIP, IF, XFAIL = pytest.mark.skip, pytest.mark.skipif, pytest.mark.xfail


@pytest.mark.parametrize(
    ("mark", "settled"),
    [
        (SKIP("later"), True),
        (IF(True, reason="here"), True),
        (IF(condition=True, reason="here"), True),
        (IF(False, reason="there"), False),
        (IF("DONE", reason="asked when it runs"), False),
        (XFAIL, True),
        (XFAIL(False, reason="there"), False),
        (pytest.mark.slow, False),
    ],
)
def test_a_mark_in_the_code_decides_before_anything_runs(
    mark: pytest.MarkDecorator, *, settled: bool
) -> None:
    """One that a hook adds may depend on what else runs, and so may a later condition."""
    assert taken_out(_item("t.py::a", mark, pytestmark=[mark.mark])) is settled
    assert not taken_out(_item("t.py::a", mark))


def test_unittests_own_skips_stand_in_the_code_too() -> None:
    """They are no marks of pytest."""

    @unittest.skip("later")
    class Skipped(unittest.TestCase):
        """Has no test."""

    assert taken_out(_item("t.py::a", **vars(Skipped)))


@pytest.mark.parametrize(
    ("where", "marked", "told"),
    [
        ("/here/t.py", False, True),
        ("/here/conftest.py", False, False),
        ("/lib/plugin.py", False, False),
        # pytest gives a skip by a mark the test's own place, whoever added the mark.
        ("/here/t.py", True, False),
    ],
)
def test_a_skip_explains_itself_where_the_test_s_own_file_raised_it(
    where: str, *, marked: bool, told: bool
) -> None:
    """A hook may have asked what became of other tests."""
    report = _report("skipped", longrepr=(where, 3, "Skipped: low"))
    item = _item("t.py::a", *([SKIP("by a hook")] if marked else []))
    item.path = "/here/t.py"
    assert explained(item, report) is told


def test_an_expected_failure_is_no_skip() -> None:
    """It ran to its end, or as far as it goes."""
    assert not explained(_item("t.py::a"), EXPECTED)
