"""What is said first: how many failed, and what is known of their causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from firsttry_tasks.model.values import Divergence, Verdict
from firsttry_tasks.reporting.page import causes
from tests import builders

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Report, Stage

A, B, C, D = (f"t.py::test_{name}" for name in "abcd")


def _reports(*names: str, before: dict[str, str] | None = None) -> dict[Stage, Report]:
    found = [builders.finding(name) for name in names]
    made = builders.report("warm", builders.result("tests", *found))
    return {"warm": replace(made, before=before or {})}


def _said(reports: dict[Stage, Report], *listed: str, verdict: Verdict | None = None) -> str:
    return causes.headline(reports, verdict, causes.failures(reports, verdict, listed))


def _missed(*names: str, blocks: bool = True) -> Verdict:
    met = tuple(
        Divergence(
            finding=f"tests:{name}",
            gate="tests",
            side="full",
            kind="selection gap" if blocks else "flaky",
            blocks=blocks,
            sentence="s",
            nodeid=name,
        )
        for name in names
    )
    return Verdict(name="escape" if blocks else "flaky", exit_code=0, sentence="s", divergences=met)


def test_each_cause_is_counted_the_nearest_first() -> None:
    """As a person would say it."""
    reports = _reports(A, B, C, D, before={A: "failed", D: "passed"})
    said = _said(reports, B, C)
    assert said == (
        "4 failed: 1 is caused by this change, 2 are known flaky, 1 is red on main too."
    )


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        (_reports(A, before={A: "passed"}), "1 failed, and it is caused by this change."),
        (_reports(A, before={A: "skipped"}), "1 failed, and it is caused by this change."),
        (
            _reports(A, B, before={A: "failed", B: "failed"}),
            "2 failed, and all are red on main too.",
        ),
        (_reports(A), "1 failed."),
        (_reports(A, B), "2 failed."),
        (
            _reports(A, B, before={A: "failed"}),
            "2 failed: 1 is red on main too, 1 has no record from before.",
        ),
    ],
)
def test_what_is_not_known_is_not_said(reports: dict[Stage, Report], said: str) -> None:
    """A failure of which nothing is known is one more that failed."""
    assert _said(reports) == said


def test_what_warm_missed_is_told_before_all_else() -> None:
    """An escape is what the reader must not overlook."""
    reports = _reports(A, B, before={A: "passed", B: "passed"})
    said = _said(reports, verdict=_missed(B))
    assert said == "2 failed: 1 was missed by warm, 1 is caused by this change."


def test_a_test_that_answered_both_ways_in_reruns_is_flaky() -> None:
    """It need not have been on the list before."""
    said = _said(_reports(A, before={A: "passed"}), verdict=_missed(A, blocks=False))
    assert said == "1 failed, and it is known flaky."


def test_an_escape_without_reruns_counts_each_difference() -> None:
    """Nobody looked into them, so nobody knows better."""
    bare = Verdict(name="escape", exit_code=99, sentence="s", only_full=(builders.finding(A),))
    assert _said(_reports(A), verdict=bare) == "1 failed, and it was missed by warm."


def test_tools_have_findings_and_gates_can_fail_to_work() -> None:
    """Each is a sentence of its own."""
    tool = builders.result("ruff", builders.finding("F401", "ruff"), builders.finding("E1", "ruff"))
    dead = builders.result("mypy", status="error", message="gone")
    reports: dict[Stage, Report] = {"warm": builders.report("warm", tool, dead)}
    assert _said(reports) == "Ruff has 2 findings. Warm mypy could not do its work."


def test_a_verdict_that_is_not_good_is_never_told_as_green() -> None:
    """Where no finding says it, the verdict itself does."""
    bad = Verdict(name="incomparable", exit_code=99, sentence="Nothing was compared.")
    assert _said({"warm": builders.report("warm")}, verdict=bad) == "Nothing was compared."


def test_a_finding_of_both_stages_is_one_failure() -> None:
    """And it says who saw it."""
    one = builders.result("tests", builders.finding(A))
    reports: dict[Stage, Report] = {
        "warm": builders.report("warm", one),
        "full": builders.report("full", one),
    }
    assert [it.seen for it in causes.failures(reports, None, ())] == ["warm and full"]


def test_of_a_long_text_the_end_is_kept() -> None:
    """There the assertion stands."""
    long = replace(builders.finding(A), detail="x" * 9_000 + "E   assert 1 == 2")
    reports: dict[Stage, Report] = {"warm": builders.report("warm", builders.result("tests", long))}
    (kept,) = causes.failures(reports, None, ())
    assert (len(kept.detail) < 2_100, kept.detail.endswith("E   assert 1 == 2")) == (True, True)
