"""The verdict table, row by row, and what holds for every pair of reports."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.model.values import Finding, GateResult, Report, Stage, Verdict
from firsttry_tasks.parity import compare
from firsttry_tasks.reporting import text
from tests.builders import finding, report, result

A, B = finding("t.py::a"), finding("t.py::b")
TYPE = finding("x.py:1", "mypy")


def _judge(warm: Report | str, full: Report | str) -> Verdict:
    return compare.judge({"warm": warm, "full": full})


def _tests(warm: tuple[Finding, ...], full: tuple[Finding, ...]) -> Verdict:
    return _judge(
        report("warm", result("tests", *warm)),
        report("full", result("tests", *full, stage="full")),
    )


@pytest.mark.parametrize(
    ("warm", "full", "name", "code"),
    [
        ((), (), "success", 0),
        ((), (A,), "escape", 99),
        ((A,), (), "flaky", 0),
        ((A,), (A,), "red", 1),
        ((A,), (B,), "escape", 99),
        ((A,), (A, B), "escape", 99),
        ((A, B), (A,), "escape", 99),
    ],
)
def test_every_row_of_the_table(
    warm: tuple[Finding, ...], full: tuple[Finding, ...], name: str, code: int
) -> None:
    """Each row gives its verdict and its exit code."""
    verdict = _tests(warm, full)
    assert (verdict.name, verdict.exit_code) == (name, code)


@pytest.mark.parametrize("missing", ["warm", "full"])
def test_a_report_that_cannot_be_read_is_an_escape(missing: str) -> None:
    """What can't be compared proves nothing, and the sentence says what is wrong."""
    sides: dict[str, Report | str] = {"warm": report("warm"), "full": report("full")}
    verdict = _judge(**(sides | {missing: "is missing"}))
    assert (verdict.exit_code, f"the {missing} report is missing" in verdict.sentence) == (99, True)


@pytest.mark.parametrize(
    ("full", "said"),
    [
        (report("full", fingerprint="g"), "the fingerprints differ"),
        (report("full", tree="u"), "the two stages saw different trees"),
        (report("warm"), "the full report is of stage warm"),
        (report("full", result("ruff")), "full did not run tests"),
        (
            report("full", result("tests", status="error", message="pytest died")),
            "full:tests could not do its work (pytest died)",
        ),
    ],
)
def test_reports_of_different_things_are_an_escape(full: Report, said: str) -> None:
    """Two whole reports that don't speak of the same thing are not compared."""
    verdict = _judge(report("warm"), full)
    assert (verdict.name, said in verdict.sentence) == ("incomparable", True)


@pytest.mark.parametrize("stage", ["warm", "full"])
def test_an_edit_meanwhile_makes_reports_foreign(stage: str) -> None:
    """A test that answered otherwise because of an edit is neither an escape nor flaky."""
    sides = {
        "warm": report("warm", result("tests", A)),
        "full": report("full", result("tests", stage="full")),
    }
    sides[stage] = report(stage, result("tests", stage=stage, edited=("a.py",)))  # type: ignore[arg-type]
    verdict = _judge(**sides)
    said = f"a.py changed while {stage}:tests ran" in verdict.sentence
    assert (verdict.name, verdict.learned, said) == ("incomparable", (), True)


def test_an_error_in_warm_is_an_escape() -> None:
    """A gate that could not do its work in warm has not proved anything."""
    broken = report("warm", result("tests", status="error", message="timed out"))
    assert _judge(broken, report("full")).exit_code == 99


def test_a_finding_of_another_gate_escapes_too() -> None:
    """A type error that only the cold run sees is a lie of the warm path."""
    full = report("full", result("tests"), result("mypy", TYPE))
    verdict = _judge(report("warm", result("tests"), result("mypy")), full)
    assert (verdict.name, verdict.only_full) == ("escape", (TYPE,))


def test_a_gate_that_only_full_has_is_red_and_no_escape() -> None:
    """Warm can't have lied about a gate it was never asked to run."""
    full = report("full", result("tests"), result("diff-cover", finding("x.py:3", "diff-cover")))
    verdict = _judge(report("warm"), full)
    assert (verdict.name, verdict.exit_code) == ("red", 1)


def test_an_escape_outweighs_a_gate_that_only_full_has() -> None:
    """A red diff-cover does not cover up an escape."""
    extra = result("diff-cover", finding("x.py:3", "diff-cover"))
    full = report("full", result("tests", A), extra)
    assert _judge(report("warm"), full).exit_code == 99


def test_a_gate_that_is_off_in_both_stages_is_not_compared() -> None:
    """A gate that had nothing to check says nothing in either stage."""
    warm = report("warm", result("tests"), result("mypy", status="off"))
    assert _judge(warm, report("full")).name == "success"


def test_only_tests_are_learned_as_flaky() -> None:
    """A ruff finding that went away is no test, so it is not remembered."""
    warm = report("warm", result("tests", A), result("mypy", TYPE))
    full = report("full", result("tests"), result("mypy"))
    assert _judge(warm, full).learned == ("t.py::a",)


def test_a_flaky_verdict_without_a_test_says_so() -> None:
    """Where no test is to blame the sentence says that none is remembered."""
    verdict = _judge(report("warm", result("mypy", TYPE)), report("full", result("mypy")))
    assert (verdict.learned, "none is remembered" in verdict.sentence) == ((), True)


def test_a_verdict_names_what_it_rests_on() -> None:
    """Both sides' own findings are in the verdict, and how many they share."""
    verdict = _tests((A,), (A, B))
    assert (verdict.only_full, verdict.only_warm, verdict.both) == ((B,), (), 1)


FINDINGS = st.lists(
    st.builds(finding, st.sampled_from("abcdef"), st.sampled_from(["tests", "mypy", "ruff"])),
    unique_by=lambda it: it.id,
    max_size=6,
)


def _report(stage: str, found: list[Finding]) -> Report:
    of = {gate: tuple(f for f in found if f.gate == gate) for gate in ("tests", "mypy", "ruff")}
    results = [result(gate, *own, stage=stage) for gate, own in of.items()]  # type: ignore[arg-type]
    return report(stage, *results)  # type: ignore[arg-type]


@given(FINDINGS)
def test_a_report_agrees_with_itself(found: list[Finding]) -> None:
    """The same findings on both sides are never an escape and never flaky."""
    assert _judge(_report("warm", found), _report("full", found)).name in {"success", "red"}


@given(FINDINGS, FINDINGS)
def test_the_sides_swap_with_the_arguments(left: list[Finding], right: list[Finding]) -> None:
    """What only one side saw is what only the other saw the other way round."""
    one = _judge(_report("warm", left), _report("full", right))
    two = _judge(_report("warm", right), _report("full", left))
    assert (one.only_full, one.only_warm) == (two.only_warm, two.only_full)


@given(FINDINGS, FINDINGS)
def test_zero_never_hides_what_only_full_saw(left: list[Finding], right: list[Finding]) -> None:
    """Exit 0 means that full has nothing that warm did not have."""
    verdict = _judge(_report("warm", left), _report("full", right))
    assert verdict.exit_code or not verdict.only_full


@given(FINDINGS, FINDINGS)
def test_verdicts_survive_the_way_to_disk(left: list[Finding], right: list[Finding]) -> None:
    """Encoding and decoding gives the same verdict."""
    verdict = _judge(_report("warm", left), _report("full", right))
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict


def test_a_full_report_that_stands_proves_nothing() -> None:
    """With ``reuse=1`` gates of full need not run: compare blames nobody, and is not green."""
    full = report("full")
    stood = tuple(msgspec.structs.replace(line, cached=True) for line in full.gates)
    found = _judge(report("warm"), msgspec.structs.replace(full, gates=stood))
    assert (found.exit_code, found.sentence.partition(":")[0]) == (2, "Nothing is proved")


def _dead(stage: Stage, message: str, *others: GateResult) -> Report:
    broken = result("mypy", stage=stage, status="error", message=message)
    return report(stage, broken, *others)


def test_a_gate_that_dies_alike_in_both_stages_blames_nobody() -> None:
    """Nothing is proved, and nothing is warm's fault: 2, not 99."""
    tests = result("tests")
    found = _judge(_dead("warm", "no mypy", tests), _dead("full", "no mypy", tests))
    assert (found.name, found.exit_code, "no mypy" in found.sentence) == ("infrastructure", 2, True)


def test_a_gate_that_dies_otherwise_is_an_escape() -> None:
    """Two reasons are no agreement."""
    assert _judge(_dead("warm", "no mypy"), _dead("full", "out of memory")).exit_code == 99


def test_a_dead_gate_covers_up_no_escape() -> None:
    """What another gate saw in full alone stands."""
    found = _judge(
        _dead("warm", "no mypy", result("tests")), _dead("full", "no mypy", result("tests", A))
    )
    assert (found.name, found.exit_code) == ("escape", 99)


def test_the_verdict_says_what_was_not_checked() -> None:
    """In its first line, where a gate is off."""
    found = _judge(report("warm", result("ruff")), report("full", result("ruff")))
    assert text.verdict(found)[0] == "verdict: success (not checked: mypy, tests)"
