"""Makes the files of a large run: 5,000 tests, three escapes, 20 flaky tests, 212 parity runs.

The pictures of ``ft report`` show it, and the browser's tests look at it.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone, Seen
from firsttry_tasks.model.values import (
    Counts,
    Divergence,
    EscapeReason,
    Finding,
    GateReport,
    GateResult,
    Report,
    Rerun,
    TestsDetail,
    Verdict,
)
from firsttry_tasks.parity.history import Line
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stage

TESTS, RAN, SKIPPED, RUNS, FLAKY = 5_000, 312, 12, 212, 20
NOW = dt.datetime(2026, 11, 28, 14, 20, tzinfo=dt.UTC)
HEAD, LOCK = "4f1c9a7e" * 5, "b7" * 32
AREAS = ("cart", "checkout", "orders", "payments", "prices", "returns", "search", "shipping", "tax")
THINGS = ("total", "rounding", "currency", "discount", "empty", "limits", "history", "address")
#: Why a test ran, and how often.
WHYS = {
    "shop/tax.py: tax changed": 90,
    "shop/tax.py: RATES changed, which shop/prices.py uses": 40,
    "reads data/rates.csv, which changed": 20,
    "it failed when it ran last": 2,
    "its file is new": 3,
}
#: Names that try to be something else: markup, a formula, colors of a terminal, and letters that
#: run from right to left.
HOSTILE = (
    "tests/test_names.py::test_name[<script>alert(1)</script>]",
    "tests/test_names.py::test_name[</script><img src=x onerror=alert(1)>]",
    "tests/test_names.py::test_name['\"`$(id)]",
    "tests/test_names.py::test_name[\x1b[31mred\x1b[0m]",
    "tests/test_names.py::test_name[\u202egnp.exe]",
    "tests/test_names.py::test_name[\u05e9\u05dc\u05d5\u05dd]",
    "tests/test_names.py::test_name[<!-- {{ 7 * 7 }} {% raw %}]",
)
#: What failed in both stages, and how each ended in a run without the change.
FELL = (
    ("tests/checkout/test_total.py::test_total_with_tax", "assert 119 == 118", "passed"),
    ("tests/tax/test_rounding.py::test_half_up[0.125]", "assert 0.12 == 0.13", "passed"),
    ("tests/search/test_history.py::test_newest_first", "TimeoutError: no answer within 2 s", ""),
    ("tests/returns/test_limits.py::test_after_30_days", "assert 'open' == 'closed'", "failed"),
)
KNOWN_FLAKY = FELL[2][0]


class Escape(NamedTuple):
    """A test that warm missed."""

    name: str
    message: str
    reason: EscapeReason
    because: str
    depends: dict[str, str]


MISSED = (
    Escape(
        "tests/prices/test_currency.py::test_dollars",
        "assert 97.0 > 100",
        "out of sight",
        "it asks a service at 127.0.0.1:8080, which is no file that can be compared",
        {"**": "tests/prices/test_currency.py::test_dollars"},
    ),
    Escape(
        "tests/shipping/test_address.py::test_zones[NO]",
        "KeyError: 'NO'",
        "listing",
        "data/zones/NO.toml is new, and a program that can't be followed listed the folder",
        {"data/zones/**": "tests/shipping/**"},
    ),
    Escape(
        "tests/orders/test_limits.py::test_most_items",
        "assert 500 == 250",
        "import time",
        "shop/limits.py was read while another module was imported",
        {"shop/limits.py": "tests/orders/**"},
    ),
)
#: Why warm ran everything, and how often.
EVERYTHING = {
    "pyproject.toml changed: [tool.pytest.ini_options]": 6,
    "distributions: sqlalchemy 2.0.43 -> 2.0.44": 3,
    "tests/conftest.py was recorded by another Python": 1,
}


def make(folder: Path) -> None:
    """Write the files as a CI's artifact holds them."""
    names = _names()
    flaky = _flaky(names)
    warm, full = _stages(names, set(flaky.nodeids))
    for report in (warm, full):
        disk.write_json(folder / state_paths.report_file(report.stage), report)
    disk.write_json(folder / state_paths.VERDICT, _verdict(full))
    disk.write(folder / flaky_memory.FILE, list_file.encode(flaky))
    disk.own_folder(folder / state_paths.HISTORY)
    own_files.write_lines(folder / state_paths.RUNS, [_line(n) for n in range(RUNS)])


def _dice(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311  the same numbers in each picture


def _names() -> list[str]:
    """Return the node ids of the tests, as many as there are."""
    first = [*(it[0] for it in FELL), *(it.name for it in MISSED), *HOSTILE]
    more = (
        f"tests/{area}/test_{thing}.py::test_{thing}_{number // 8}[{number % 8}]"
        for number in range(80)
        for area in AREAS
        for thing in THINGS
    )
    return [*first, *more][:TESTS]


def _stages(names: list[str], flaky: set[str]) -> tuple[Report, Report]:
    """Return the reports of warm and full."""
    dice = _dice("tests")
    seconds = {name: round(dice.lognormvariate(-2.6, 1.1), 4) for name in names}
    special = [*(it[0] for it in FELL), *HOSTILE]
    later = [it for it in names if it not in {*special, *(it.name for it in MISSED)}]
    ran = [*special, *dice.sample(later, RAN - len(special))]
    whys, weights = list(WHYS), list(WHYS.values())
    why = {it: dice.choices(whys, weights)[0] for it in ran}
    why |= {it: "known to be flaky" for it in ran if it in flaky}
    found = tuple(_finding(name, message) for name, message, _ in FELL)
    more = (*found, *(_finding(it.name, it.message) for it in MISSED))
    warm = _detail({name: seconds[name] for name in ran}, why, (), len(found))
    full = _detail(seconds, {}, tuple(later[-SKIPPED:]), len(more))
    return _report("warm", warm, found), _report("full", full, more)


def _detail(
    seconds: dict[str, float], why: dict[str, str], skipped: tuple[str, ...], failed: int
) -> TestsDetail:
    passed = len(seconds) - failed - len(skipped)
    return TestsDetail(
        counts=Counts(
            selected=len(seconds),
            total=TESTS,
            passed=passed,
            failed=failed,
            skipped=len(skipped),
        ),
        mode="selected" if why else "everything",
        why=why,
        durations=seconds,
        skipped=skipped,
    )


def _finding(name: str, message: str) -> Finding:
    path, _, function = name.partition("::")
    text = f"""
    def {function.partition("[")[0]}() -> None:
>       {message}
E       {message}

{path}:24: AssertionError"""
    return Finding(
        id=f"tests:{name}",
        gate="tests",
        tool="pytest",
        rule="failed",
        message=message,
        path=path,
        line=24,
        nodeid=name,
        detail=text,
    )


def _report(stage: Stage, detail: TestsDetail, found: tuple[Finding, ...]) -> Report:
    took = {
        "ruff": 0.4,
        "mypy": 2.1 if stage == "warm" else 48.3,
        "tests": round(sum(detail.durations.values()), 3),
    }
    gates = [_gate(stage, gate, seconds, detail, found) for gate, seconds in took.items()]
    return Report(
        stage=stage,
        status="red",
        fingerprint=f"{HEAD}-{LOCK}",
        tree="t",
        head=HEAD,
        run="r",
        created=(NOW + dt.timedelta(minutes=8 if stage == "full" else 1)).isoformat(),
        seconds=round(sum(took.values()), 3),
        environment={"python": "3.12.1"},
        gates=tuple(GateReport(result=it, cached=False) for it in gates),
        failures=found,
        before={name: how for name, _, how in FELL if how},
    )


def _gate(
    stage: Stage, gate: str, seconds: float, detail: TestsDetail, found: tuple[Finding, ...]
) -> GateResult:
    tests = gate == "tests"
    return GateResult(
        gate=gate,
        stage=stage,
        status="red" if tests else "green",
        key="k",
        run="r",
        seconds=seconds,
        began=NOW.timestamp() + (60 if stage == "full" else 0) + (0.2 if tests else 0),
        why=("shop/tax.py, data/rates.csv changed",) if stage == "warm" else ("asked to",),
        findings=found if tests else (),
        tests=detail if tests else None,
    )


def _verdict(full: Report) -> Verdict:
    known = {it.nodeid: it for it in full.failures}
    sentence = "full has 3 findings that warm missed, and each fails whenever it runs."
    return Verdict(
        name="escape",
        exit_code=99,
        fingerprint=full.fingerprint,
        sentence=f"Cache escape: {sentence}",
        only_full=tuple(known[it.name] for it in MISSED),
        both=len(FELL),
        divergences=tuple(map(_divergence, MISSED)),
        confirm_seconds=21.4,
    )


def _divergence(it: Escape) -> Divergence:
    ways = ("alone", "as full did")
    return Divergence(
        finding=f"tests:{it.name}",
        gate="tests",
        side="full",
        kind="selection gap",
        blocks=True,
        nodeid=it.name,
        sentence="it fails whenever it runs, and warm did not run it",
        because=it.because,
        reason=it.reason,
        mend="put this line into pyproject.toml, or run: ft compare --learn",
        depends=it.depends,
        reruns=tuple(Rerun(way=way, runs=3, failures=3) for way in ways),
    )


def _flaky(names: list[str]) -> FlakyMemory:
    # One of those that failed is on the list; the others lie anywhere.
    listed = [KNOWN_FLAKY, *names[40 : TESTS : TESTS // FLAKY]][:FLAKY]
    tests = {name: _flake(name, number) for number, name in enumerate(listed)}
    left = Gone(at="2026-11-21", why="passed 50 times in a row")
    return FlakyMemory(
        nodeids=tuple(sorted(tests)),
        tests=tests,
        gone={"tests/cart/test_empty.py::test_empty_0[3]": left},
    )


def _flake(name: str, number: int) -> FlakyTest:
    dice = _dice(name)
    first = NOW - dt.timedelta(days=dice.randint(12, 80))
    times = sorted(first + (NOW - first) * dice.random() for _ in range(dice.randint(2, 9)))
    seen = tuple(
        Seen(
            id=f"r{at}",
            at=at.isoformat(timespec="seconds"),
            tree="t",
            runs=5,
            failures=dice.choice((1, 1, 2, 5)),
            how="rerun",
        )
        for at in times
    )
    later = ((times[-1] + dt.timedelta(days=n)).date() for n in range(1, 30, 2))
    passes = {day.isoformat(): dice.randint(3, 30) for day in later if day < NOW.date()}
    return FlakyTest(
        state="flaky" if number % 5 else "probation",
        first=seen[0].at,
        last=seen[-1].at,
        runs=sum(it.runs for it in seen) + sum(passes.values()),
        failures=sum(it.failures for it in seen),
        owner=("@payments", "@search", "@shop-core")[number % 3],
        passes=passes,
        sightings=seen,
        expires=(first + dt.timedelta(days=90)).date().isoformat(),
        before=MISSED[0].name if number == FLAKY // 2 else "",
    )


def _line(number: int) -> Line:
    """Return a parity run of the past; the last one is the run that is told of."""
    dice = _dice(number)
    before = RUNS - 1 - number
    total = TESTS - before * 4
    everything = dice.choices(("", *EVERYTHING), (66, *EVERYTHING.values()))[0]
    selected = total if everything else int(min(total, dice.lognormvariate(5.4, 1.0)))
    usual = dice.choices(("success", "red"), (4, 1))[0]
    return Line(
        id=f"r{number}",
        at=(NOW - dt.timedelta(hours=before * 5.1)).isoformat(timespec="seconds"),
        fingerprint=f"{HEAD}-{LOCK}",
        verdict=usual if before else "escape",
        exit_code=0 if before else 99,
        warm=round(3 + selected * 0.1, 1),
        full=round(530 + number * 0.6 + dice.gauss(0, 18), 1),
        gates=3,
        selected=selected,
        total=total,
        everything=(everything,) if everything else (),
        flaky=8 + number // 18,
        store=dice.choices(("hit", "miss"), (9, 1))[0],
        age=round(dice.uniform(1, 40), 1),
    )
