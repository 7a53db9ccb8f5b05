"""What recording costs: pytest alone, beside pytest that records, testmon, and a whole full run.

Usage: python -m benchmarks.recording --project PATH:SRC ... [--turns 3]

Each project is a git checkout whose tests run with this interpreter; SRC is its package, or the
folder that holds it. CPU time is compared: of all processes that a command starts.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks import harness
from benchmarks.harness import BIN, Case, Claim, Taken
from benchmarks.project import copy
from firsttry_tasks.model.values import PLAN, TestsPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.project import Project

PYTEST = (str(BIN / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider")
RECORDING = ("-p", "firsttry_tasks.recorder.plugin", "-p", "no:testmon")
#: On Python 3.11 only testmon's own price is the limit.
LIMIT = 1.3 if sys.version_info >= (3, 12) else float("inf")


def main() -> int:
    """Measure, print, write; 1 where a claim is broken."""
    asked = _arguments()
    taken: dict[str, Taken] = {}
    names = []
    with tempfile.TemporaryDirectory(prefix="recording-") as base:
        for spec in asked.project:
            source, src = spec.split(":")
            project = copy(source, Path(base).resolve(), str(BIN / "python"), src)
            project.settle()
            names.append(project.name)
            taken |= harness.measure(_cases(project), asked.turns)
    return 0 if harness.report(f"recording-{_version()}", taken, _claims(taken, names)) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--turns", type=int, default=3)
    return parser.parse_args()


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _cases(project: Project) -> list[Case]:
    root, name = project.root, project.name
    path = {"PYTHONPATH": project.path(), "PYTHONDONTWRITEBYTECODE": "1"}
    bare = (*PYTEST, f"--rootdir={root}")
    place = root.parent / f"{name}.plan"
    records = root.parent / f"{name}.records"
    plan = TestsPlan(events=f"{place}.events", root=str(root), records=str(records))
    place.write_bytes(msgspec.json.encode(plan))
    db = root / ".testmondata"

    def forget() -> None:
        shutil.rmtree(root / ".firsttry", ignore_errors=True)
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir()
        for old in root.glob(f"{db.name}*"):
            old.unlink()

    core = {"COVERAGE_CORE": "ctrace"}
    testmon = (*PYTEST, f"--rootdir={root}", "--testmon", "--testmon-forceselect")
    full = (str(BIN / "ft"), "full", "record=1")
    return [
        Case(f"{name}: pytest", root, (*bare, "-p", "no:testmon"), env=path, before=forget),
        Case(f"{name}: recording", root, (*bare, *RECORDING), env=path | {PLAN: str(place)}),
        Case(f"{name}: full record=1", root, full, env=path, before=forget),
        Case(f"{name}: testmon", root, testmon, env=path | core, before=forget),
    ]


def _claims(taken: Mapping[str, Taken], names: list[str]) -> list[Claim]:
    """Full that records against pytest by the median of the suites, and each against testmon."""
    costs = [_cpu(taken, name, "full record=1", "pytest") for name in names]
    whole = Claim(
        what="CPU: full record=1 / pytest, median", ratio=statistics.median(costs), limit=LIMIT
    )
    each = [
        Claim(what=f"CPU: {name}: {over} / {under}", ratio=_cpu(taken, name, over, under), limit=at)
        for name in names
        for over, under, at in (
            ("recording", "pytest", float("inf")),
            ("full record=1", "testmon", 1.0),
        )
    ]
    return [whole, *each]


def _cpu(taken: Mapping[str, Taken], name: str, over: str, under: str) -> float:
    pairs = zip(taken[f"{name}: {over}"].cpu, taken[f"{name}: {under}"].cpu, strict=True)
    return round(statistics.median(a / b for a, b in pairs), 3)


if __name__ == "__main__":
    sys.exit(main())
