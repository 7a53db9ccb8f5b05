"""How long comparing two reports takes, and how much memory: make bench-compare ARGS=100000.

Two reports of 100,000 tests, the second with findings of its own, are compared in a fresh process
as the compare task does it: read, judged, each difference's place in the order looked up, the
history's line made. Aims: under a second, under 300 MB.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from firsttry_tasks.model.values import (
    STAGES,
    Counts,
    Finding,
    GateReport,
    GateResult,
    Report,
    Stage,
    TestsDetail,
)
from firsttry_tasks.parity import compare, history
from firsttry_tasks.reporting import report_files

TESTS, DIFFER, TIMES = 100_000, 1_000, 5
SECONDS, MEGABYTES = 1.0, 300


class Result(Struct, frozen=True, kw_only=True):
    """What comparing took, the median of some turns."""

    name: str
    python: str
    cores: int
    load: float
    tests: int
    report_megabytes: float
    seconds: float
    peak_megabytes: float


def main() -> int:
    """Measure in fresh processes; 1 where an aim is missed."""
    tests = int(sys.argv[1]) if len(sys.argv) > 1 else TESTS
    with tempfile.TemporaryDirectory() as folder:
        for stage in STAGES:
            report_files.write_report(Path(folder), _report(stage, tests))
        size = sum(place.stat().st_size for place in Path(folder).rglob("*_parity_report.json"))
        argv = [sys.executable, "-m", "benchmarks.compare", "--once", folder]
        runs = [subprocess.run(argv, check=True, capture_output=True).stdout for _ in range(TIMES)]
    rows = [[float(word) for word in run.split()] for run in runs]
    seconds, memory, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{tests} tests, reports of {size / 1e6:.0f} MB in all, median of {TIMES}:")
    print(f"  {seconds:.2f} s (aim: {SECONDS} s), {cpu:.2f} s of it CPU")
    print(f"  {memory:.0f} MB (aim: {MEGABYTES} MB)")
    result = Result(
        name="compare",
        python=sys.version.split()[0],
        cores=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        tests=tests,
        report_megabytes=round(size / 1e6, 1),
        seconds=round(seconds, 3),
        peak_megabytes=round(memory, 1),
    )
    RESULTS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=2)
    (RESULTS / "compare.json").write_bytes(text + b"\n")
    return int(seconds > SECONDS or memory > MEGABYTES)


def once(folder: Path) -> None:
    """Compare once, and print seconds and megabytes of this whole process."""
    started = time.perf_counter()
    found: dict[Stage, Report] = {}
    for stage in STAGES:
        report = report_files.read_report(folder, stage)
        if isinstance(report, str):
            sys.exit(report)
        found[stage] = report
    verdict = compare.judge({**found})
    orders = {stage: _order(report) for stage, report in found.items()}
    places = {stage: {n: at for at, n in enumerate(order)} for stage, order in orders.items()}
    if not all((it.nodeid or "") in places["full"] for it in verdict.only_full):
        sys.exit("a difference has no place in the order")
    history.line(found, verdict, history.RunContext(at=""))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - started, peak, time.process_time())


def _order(report: Report) -> tuple[str, ...]:
    detail = report.gates[0].result.tests
    return tuple(detail.durations) if detail else ()


def _nodeid(n: int) -> str:
    return f"tests/unit/area_{n // 500}/test_module_{n // 50}.py::TestSomething::test_case[{n}]"


def _report(stage: Stage, tests: int) -> Report:
    nodeids = [_nodeid(n) for n in range(tests)]
    red = nodeids[: DIFFER if stage == "full" else 0]
    findings = tuple(_finding(nodeid) for nodeid in red)
    detail = TestsDetail(
        counts=Counts(selected=tests, total=tests, passed=tests - len(red), failed=len(red)),
        mode="selected" if stage == "warm" else "everything",
        why=dict.fromkeys(nodeids, "runs code that changed in src/x.py") if stage == "warm" else {},
        durations=dict.fromkeys(nodeids, 0.012345),
    )
    result = GateResult(
        gate="tests",
        stage=stage,
        status="red" if red else "green",
        key="k" * 64,
        run="1-1",
        seconds=1.0,
        findings=findings,
        tests=detail,
    )
    return Report(
        stage=stage,
        status="red" if red else "green",
        fingerprint="f" * 105,
        tree="t" * 64,
        head="h" * 40,
        run="1-1",
        created="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        environment={},
        gates=(GateReport(result=result, cached=False),),
        failures=findings,
    )


def _finding(nodeid: str) -> Finding:
    return Finding(
        id=f"tests:{nodeid}",
        gate="tests",
        tool="pytest",
        rule="failed",
        message="assert 1 == 2",
        path=nodeid.partition("::")[0],
        line=1,
        nodeid=nodeid,
        detail="E   assert 1 == 2\n" * 20,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        once(Path(sys.argv[2]))
    else:
        sys.exit(main())
