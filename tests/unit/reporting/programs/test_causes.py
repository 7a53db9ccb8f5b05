"""Failures of one mistake are one cause."""

from __future__ import annotations

from firsttry_tasks.gates.pytest_events import finding
from firsttry_tasks.model.values import Counts, Finding, GateReport, GateResult, TestsDetail
from firsttry_tasks.reporting.programs import causes


def _failed(name: str, said: str, detail: str) -> Finding:
    nodeid = f"tests/test_a.py::{name}"
    return finding(
        rule="failed", nodeid=nodeid, message=said, detail=detail, path="tests/test_a.py"
    )


def _raised(name: str, number: int) -> Finding:
    lines = ("    def boom(n):", ">       return x[n]", f"E       KeyError: {number}", "")
    text = "\n".join((*lines, "shop.py:2: KeyError"))
    return _failed(name, f"KeyError: {number}", text)


def _asserted(name: str, line: str, said: str) -> Finding:
    lines = (f">       {line}", f"E       {said}", "E        +  where 8 = price(2)", "")
    text = "\n".join((*lines, "tests/test_a.py:9: AssertionError"))
    return _failed(name, said, text)


def _grouped(*found: Finding, why: dict[str, str] | None = None) -> list[tuple[str, int]]:
    detail = TestsDetail(counts=Counts(), mode="selected", why=why or {})
    result = GateResult(
        gate="tests",
        stage="warm",
        status="red",
        key="",
        run="",
        seconds=1.0,
        findings=found,
        tests=detail,
    )
    line = GateReport(result=result, cached=False)
    return [(it.sentence, it.count) for it in causes.causes(line, lambda it: it.id)]


def test_what_called_code_raised_is_one_cause() -> None:
    """Whatever test called it, and with whatever message; the largest group comes first."""
    found = _grouped(_asserted("z", "assert a", "assert 0"), *(_raised(f"t{n}", n) for n in (1, 2)))
    assert found == [("shop.py:2: KeyError: 1", 2), ("assert 0", 1)]


def test_assertions_after_one_change_are_one_cause() -> None:
    """What made the tests run is the best guess at what made them red."""
    found = [_asserted(f"t{n}", f"assert f{n}() == {n}", f"assert 8 == {n}") for n in (1, 2)]
    whys = {
        f"tests/test_a.py::t{n}": f"shop.py::f changed, and {who} ran it"
        for n, who in ((1, "the test"), (2, "the fixture x"))
    }
    assert _grouped(*found, why=whys) == [("shop.py::f changed: assert 8 == 1", 2)]


def test_lines_that_differ_in_literals_are_one_cause() -> None:
    """Where nobody knows what made the tests run."""
    same = [_asserted(f"t{n}", f"assert price({n}) == {n * 3}", f"assert 8 == {n}") for n in (1, 2)]
    other = _asserted("o", "assert tax(1) == 'a'", "assert 1 == 'a'")
    assert _grouped(*same, other) == [("assert 8 == 1", 2), ("assert 1 == 'a'", 1)]


def test_the_comparison_of_the_first_is_kept() -> None:
    """With the line that failed, and where."""
    result = causes.causes
    [cause] = result(
        GateReport(
            result=GateResult(
                gate="tests",
                stage="warm",
                status="red",
                key="",
                run="",
                seconds=0.0,
                findings=(_asserted("t", "assert price(2) == 6", "assert 8 == 6"),),
            ),
            cached=False,
        ),
        lambda it: f"pytest {it.nodeid}",
    )
    assert cause.shown == (
        "> assert price(2) == 6",
        "E  +  where 8 = price(2)",
        "tests/test_a.py:9: AssertionError",
    )
    assert cause.again == "pytest tests/test_a.py::t"
