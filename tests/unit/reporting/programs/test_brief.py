"""An agent reads few words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from firsttry_tasks.model.values import Counts
from firsttry_tasks.reporting.programs import brief
from firsttry_tasks.reporting.programs.causes import Cause
from firsttry_tasks.reporting.programs.stage_answer import GateLine, StageAnswer

LONG = tuple(f"E line {n}" for n in range(40))


@dataclass(frozen=True)
class _Gate:
    name: str
    status: str = "green"
    outcome: str = "nothing found"
    cached: bool = False


def _stage(status: str, *causes: Cause, gates: tuple[_Gate, ...] = ()) -> StageAnswer:
    lines = tuple(
        GateLine(
            gate=it.name,
            status=it.status,  # type: ignore[arg-type]
            cached=it.cached,
            seconds=1.0,
            outcome=it.outcome,
            why=(),
            findings=0,
        )
        for it in gates
    )
    return StageAnswer(
        stage="warm",
        status=status,  # type: ignore[arg-type]
        seconds=12.3,
        gates=lines,
        tests=Counts(),
        causes=causes,
        warnings=("the lock says another version",),
        report="artifacts/warm_parity_report.json",
    )


def _cause(number: int, count: int = 1) -> Cause:
    names = tuple(f"tests/test_{n % 9}.py::test_{number}_{n}" for n in range(count))
    return Cause(
        gate="tests",
        rule="failed",
        sentence=f"shop.py::f{number} changed: assert {number} == 0",
        count=count,
        names=names,
        shown=LONG,
        again=f"pytest {names[0]}",
    )


def test_green_is_one_line() -> None:
    """With what was checked."""
    tests = _Gate("tests", outcome="8000 of 8000 tests (all)")
    gates = (tests, _Gate("ruff", cached=True), _Gate("mypy"), _Gate("diff-cover", "off"))
    [line] = brief.stage(_stage("green", gates=gates), None)
    head = "warm is green: 8000 of 8000 tests (all), ruff unchanged, mypy; 12.3 s; 1 warning"
    assert (line.startswith(head), len(line.split()) <= 30) == (True, True), line


@pytest.mark.parametrize("causes", [1, 2, 5, 30, 58, 200])
def test_red_fits_into_sixty_lines(causes: int) -> None:
    """However many causes there are, the last lines say how to go on."""
    told = _stage("red", *(_cause(n, 3) for n in range(causes)), gates=(_Gate("tests", "red"),))
    lines = brief.stage(told, "ft why --was-red x")
    assert len(lines) <= 60
    assert lines[0].startswith(f"warm is red: {causes * 3} findings, {causes} cause")
    assert lines[-2:] == ["again: pytest tests/test_0.py::test_0_0", "next: ft why --was-red x"]


def test_one_cause_names_its_files() -> None:
    """And shows its first test."""
    lines = brief.stage(_stage("red", _cause(1, 58), gates=(_Gate("tests", "red"),)), None)
    assert lines[1] == "58 tests: shop.py::f1 changed: assert 1 == 0"
    assert lines[2].startswith("  tests/test_0.py::test_1_0, and in tests/test_1.py (7), tests")
    assert lines[2].endswith("(6), 5 more")
    assert "    E line 0" in lines


def test_what_warm_told_is_not_told_again() -> None:
    """Full is red for the same reasons."""
    told = _stage("red", _cause(1, 2), _cause(2), gates=(_Gate("tests", "red"),))
    lines = brief.stage(told, None, frozenset(_cause(1, 2).names))
    assert ("The rest is as above." in lines, any("f1 changed" in it for it in lines)) == (
        True,
        False,
    )


def test_a_gate_that_could_not_work_says_why() -> None:
    """It is no finding."""
    lines = brief.stage(_stage("error", gates=(_Gate("mypy", "error", "mypy is missing"),)), None)
    assert lines[1:] == ["mypy could not do its work: mypy is missing"]
