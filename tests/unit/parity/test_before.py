"""Whether a test was red before a change is known from runs that had none of the change."""

from __future__ import annotations

import pytest

from firsttry_tasks.parity import before
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest

TEST = "test_a.py::test"
COMMIT = {"a.py": "100644 1", "test_a.py": "100644 2"}
NOW = {"a.py": "100644 9", "test_a.py": "100644 2", "new.py": "100644 3"}


def _run(outcome: str, **files: str) -> RecordedRun:
    test = RecordedTest(TEST, "test_a.py", outcome, 0.1, b"", (), (), (), True)
    names = {f"{name}.py": f"100644 {blob}" for name, blob in files.items()}
    return RecordedRun(names, {}, {}, {}, {}, (), (), (), (), (), (), (test,), {}, frozenset())


MINE = _run("failed", a="9", test_a="2", new="3")


@pytest.mark.parametrize(
    ("older", "was_red"),
    [
        (_run("passed", a="1", test_a="2"), False),
        (_run("failed", a="1", test_a="2"), True),
        (_run("skipped", a="1", test_a="2"), False),
        # Other files may have been others.
        (_run("failed", a="1", test_a="7", b="5"), True),
        # A part of the change was there: green says enough, red nothing.
        (_run("passed", a="1", test_a="2", new="3"), False),
        (_run("failed", a="1", test_a="2", new="3"), None),
        (_run("failed", a="8", test_a="2"), None),
        # Green here and now, and red.
        (_run("passed", a="9", test_a="2", new="3"), None),
    ],
)
def test_a_run_without_the_change_tells(older: RecordedRun, was_red: bool | None) -> None:  # noqa: FBT001
    """And no other run does."""
    change = before.change("HEAD", NOW, COMMIT)
    told = before.was_red(TEST, [(2.0, MINE), (1.0, older)], [change], NOW)
    assert told.was_red is was_red, told.sentence


def test_what_git_filters_is_no_change() -> None:
    """The commit's content stands before the plus."""
    assert before.change("HEAD", {"a.py": "100644 1+8"}, {"a.py": "100644 1"}).paths == {}


def test_a_later_commit_is_asked_where_the_first_tells_nothing() -> None:
    """Nothing is uncommitted, so the branch is the change."""
    clean = before.change("HEAD", NOW, NOW)
    branch = before.change("main", NOW, COMMIT)
    told = before.was_red(TEST, [(1.0, _run("failed", a="1", test_a="2"))], [clean, branch], NOW)
    assert (told.was_red, told.changed) == (True, ("a.py", "new.py"))


@pytest.mark.parametrize(
    ("now", "runs", "why"),
    [
        (COMMIT, [(1.0, MINE)], "nothing has changed"),
        (NOW, [], "it never ran"),
        (NOW, [(1.0, MINE)], "without the change of a.py, new.py"),
        ({**NOW, "test_b.py": "100644 4"}, [(1.0, MINE)], "without the change"),
    ],
)
def test_what_nobody_knows_is_said(
    now: dict[str, str], runs: list[tuple[float, RecordedRun]], why: str
) -> None:
    """With the reason."""
    told = before.was_red(TEST, runs, [before.change("HEAD", now, COMMIT)], now)
    assert (told.was_red, why in told.sentence) == (None, True), told.sentence


def test_a_new_test_is_told() -> None:
    """It came with the change."""
    change = before.change("HEAD", NOW, {"a.py": "100644 1"})
    told = before.was_red(TEST, [(1.0, MINE)], [change], NOW)
    assert "as new as" in told.sentence


@pytest.mark.parametrize(
    ("older", "told"),
    [
        (_run("failed", a="1", test_a="2"), {TEST: "failed"}),
        (_run("passed", a="1", test_a="2"), {TEST: "passed"}),
        # On the branch, before the last edit: green is news, and red may be the branch's own.
        (_run("passed", a="5", test_a="2"), {TEST: "passed"}),
        (_run("failed", a="5", test_a="2"), {}),
    ],
)
def test_red_on_main_is_told_from_red_on_the_branch(
    older: RecordedRun, told: dict[str, str]
) -> None:
    """What the branch broke in an earlier commit is not main's."""
    branch = before.change("main", NOW, COMMIT)
    edits = before.change("HEAD", NOW, {**COMMIT, "a.py": "100644 5"})
    assert before.outcomes([TEST], [(1.0, older)], branch, edits, NOW) == told


def test_without_a_commit_to_compare_with_nothing_is_told() -> None:
    """As in a repository that has none."""
    assert before.outcomes([TEST], [(1.0, MINE)], None, None, NOW) == {}
