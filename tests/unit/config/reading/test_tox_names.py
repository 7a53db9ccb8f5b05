"""Which environments of tox CI runs."""

from __future__ import annotations

import pytest

from firsttry_tasks.config.reading import tox_names


@pytest.mark.parametrize(
    ("listed", "ci", "run"),
    [
        ("py{312,313}, lint", "", {"testenv", "testenv:lint"}),
        ("", "run: tox -e perf", {"testenv", "testenv:perf"}),
        ("lint", "run: tox -e perf", {"testenv", "testenv:perf", "testenv:lint"}),
        ("", "run: make", {"testenv", "testenv:perf", "testenv:lint"}),
    ],
)
def test_a_section_is_run_that_is_listed_or_named(listed: str, ci: str, run: set[str]) -> None:
    """All where nothing is listed, and CI does not name tox."""
    names = tox_names.of_ci(listed, ci)
    sections = ("testenv", "testenv:perf", "testenv:lint")
    assert {it for it in sections if tox_names.runs(it, names)} == run


@pytest.mark.parametrize(("condition", "is_held"), [("unit", True), ("perf", False), ("!x", True)])
def test_a_line_may_be_for_some_of_them(condition: str, is_held: bool) -> None:  # noqa: FBT001
    """By the parts of their names."""
    assert tox_names.any_holds(condition, tox_names.of_ci("py3{12,13}-unit", "")) == is_held
