"""Runs of every kind, small, by name: what a pull request is told of each is written beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import Counts, Divergence, Finding, Rerun, TestsDetail, Verdict
from firsttry_tasks.parity.history import Line
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.page.gather import Sources
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firsttry_tasks.model.values import GateResult, Report, Stage
    from firsttry_tasks.reporting.page.values import Page

TOTAL, TAX, NEWEST, RATES = (
    "tests/test_cart.py::test_total",
    "tests/test_tax.py::test_half_up[0.125]",
    "tests/test_search.py::test_newest_first",
    "tests/test_rates.py::test_dollars",
)
#: A name that tries everything that Markdown, HTML and GitHub would make something of.
HOSTILE = (
    "tests/test_x.py::test[`a``b` <img src=x onerror=alert(1)> **bold** | @someone #1 \n## head "
    "https://evil.example [a](https://evil.example) \x1b[31m \u202egnp.exe </details> ::error::x]"
)


def failed(nodeid: str, message: str = "assert 1 == 2") -> Finding:
    """Return a failed test of a file that has it in line 7."""
    path = nodeid.partition("::")[0]
    return replace(builders.finding(nodeid), message=message, path=path, line=7)


def lint(number: int) -> Finding:
    """Return a finding of ruff."""
    return Finding(
        id=f"ruff:F401:{number}",
        gate="ruff",
        tool="ruff",
        rule="F401",
        message=f"`os` imported but unused ({number})",
        path="shop/cart.py",
        line=number,
    )


def _tests(stage: Stage, found: Sequence[Finding], ran: int) -> GateResult:
    names = [it.nodeid or "" for it in found]
    names += [f"tests/test_a.py::test_{number}" for number in range(ran - len(names))]
    detail = TestsDetail(
        counts=Counts(selected=ran, total=200, failed=len(found)),
        mode="selected" if stage == "warm" else "everything",
        durations=dict.fromkeys(names, 0.01),
        why=dict.fromkeys(names, "shop/cart.py: total changed") if stage == "warm" else {},
    )
    return replace(builders.result("tests", *found, stage=stage), tests=detail)


def _both(
    warm: Sequence[Finding] = (),
    full: Sequence[Finding] | None = None,
    more: Sequence[GateResult] = (),
    before: dict[str, str] | None = None,
) -> dict[Stage, Report]:
    """Return the reports of both stages; full sees what warm sees where nothing else is said."""
    seen: dict[Stage, Sequence[Finding]] = {"warm": warm, "full": warm if full is None else full}
    ran = {"warm": 12, "full": 200}
    return {
        stage: replace(
            builders.report(stage, *more, _tests(stage, found, ran[stage])),
            before=before or {},
            seconds=4.5 if stage == "warm" else 321.0,
        )
        for stage, found in seen.items()
    }


def _missed(nodeid: str) -> Divergence:
    return Divergence(
        finding=f"tests:{nodeid}",
        gate="tests",
        side="full",
        kind="selection gap",
        blocks=True,
        nodeid=nodeid,
        sentence="it fails whenever it runs",
        because="it reads ~/.cache/rates/usd, which is outside of the project",
        depends={"**": nodeid},
        mend="ft compare --learn",
        reruns=(Rerun(way="alone", runs=3, failures=3),),
    )


def _said(name: str, code: int, sentence: str = "s", **more: object) -> Verdict:
    return replace(Verdict(name="red", exit_code=code, sentence=sentence), name=name, **more)


def _lines(escapes: int) -> tuple[Line, ...]:
    return tuple(
        Line(
            id=str(number),
            at=f"2026-01-{number + 1:02}T00:00:00+00:00",
            fingerprint="f",
            verdict="escape" if number < escapes else "success",
            exit_code=0,
        )
        for number in range(20)
    )


def _flaky() -> Sources:
    met = replace(_missed(NEWEST), kind="flaky", blocks=False, side="warm", because="", mend="")
    verdict = _said("flaky", 0, divergences=(met,), learned=(NEWEST,))
    return Sources(reports=_both([failed(NEWEST)], []), verdict=verdict, lines=_lines(0))


def _many() -> Sources:
    tool = builders.result("ruff", *(lint(number) for number in range(1, 9)))
    found = [failed(f"tests/test_many.py::test_one[{number}]") for number in range(15)]
    before = {it.nodeid or "": "passed" for it in found}
    return Sources(reports=_both(found, more=[tool], before=before), verdict=_said("red", 1))


RUNS: dict[str, Sources] = {
    "green": Sources(reports=_both(), verdict=_said("success", 0), lines=_lines(0)),
    "escape": Sources(
        reports=_both(full=[failed(RATES, "assert 97.0 > 100")]),
        verdict=_said("escape", 99, divergences=(_missed(RATES),)),
        lines=_lines(1),
    ),
    "red": Sources(
        reports=_both([failed(TOTAL), failed(TAX)], before={TOTAL: "passed", TAX: "passed"}),
        verdict=_said("red", 1),
        lines=_lines(0),
    ),
    "known": Sources(
        reports=_both([failed(TOTAL), failed(NEWEST)], before={TOTAL: "failed"}),
        verdict=_said("red", 1),
        memory=FlakyMemory(nodeids=(NEWEST,)),
    ),
    "flaky": _flaky(),
    "incomparable": Sources(
        reports={"warm": _both()["warm"]},
        verdict=_said("incomparable", 99, "Cache escape assumed: the full report is missing."),
    ),
    "broken": Sources(
        reports=_both(more=[builders.result("mypy", status="error", message="it crashed")]),
        verdict=_said("infrastructure", 2),
    ),
    "many": _many(),
    "hostile": Sources(
        reports=_both([failed(HOSTILE, HOSTILE)], full=[failed(HOSTILE, HOSTILE)]),
        verdict=_said("escape", 99, divergences=(_missed(HOSTILE),), learned=(HOSTILE,)),
    ),
}


def page(name: str) -> Page:
    """Return what is known of a run."""
    return gather.page(RUNS[name])
