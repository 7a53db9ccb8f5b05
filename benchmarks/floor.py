"""Beside the floor: tests that warm ran, and tests that ran a function which the commit changed.

Usage: python -m benchmarks.floor --project PATH:SRC ... --python PYTHON --history history.json

Plays what ``benchmarks.history`` wrote: at the commit before each, plain pytest runs under coverage
with a context for each test. A commit's floor are the tests that ran a line of a function in which
it changed one. What a change of module-level code needs is not in it, nor are new tests.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from coverage import CoverageData
from msgspec import Struct

from benchmarks import playing
from benchmarks.harness import RESULTS
from benchmarks.playing import Proved
from benchmarks.project import Project, copy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.parity.played import Step

#: Where a hunk of a diff without context begins in the old file, and how many lines it has there.
HUNK = re.compile(r"@@ -(?P<first>\d+)(?:,(?P<count>\d+))? ")
DIFF = ("diff", "-U0", "--no-renames", "--no-prefix")
#: The project's own configuration may name other files, and other contexts.
COVERED = (
    "--cov=.",
    "--cov-context=test",
    "--cov-report=",
    "--cov-fail-under=0",
    f"--cov-config={os.devnull}",
)
COLUMNS = (
    "project",
    "commits",
    "tests run, mean",
    "floor, mean",
    "commits with a floor",
    "run/floor",
)


class Floored(Struct, frozen=True, kw_only=True):
    """A commit: the tests that warm ran of all, and those that ran a function which it changed."""

    project: str
    commit: str
    ran: int
    total: int
    floor: int


def main() -> int:
    """Print the table of all projects, and write the floor of each commit."""
    asked = _arguments()
    known = msgspec.json.decode(Path(asked.history).read_bytes(), type=list[Proved])
    rows: list[Floored] = []
    with tempfile.TemporaryDirectory(prefix="floor-") as base:
        for spec in asked.project:
            source, src = spec.split(":")
            project = copy(source, Path(base).resolve(), asked.python, src)
            [proved] = [it for it in known if it.project == project.name]
            for row in _floors(project, proved.proof.steps):
                rows.append(row)
                text = msgspec.json.format(msgspec.json.encode(rows), indent=1)
                Path(asked.json).write_bytes(text + b"\n")
    sys.stdout.write(table(rows))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--history", default=str(RESULTS / "history.json"))
    parser.add_argument("--json", default=str(RESULTS / "floor.json"))
    return parser.parse_args()


def _floors(project: Project, steps: Iterable[Step]) -> Iterator[Floored]:
    before = ""
    for step in steps:
        if step.state == "judged":
            yield Floored(
                project=project.name,
                commit=step.commit,
                ran=step.ran,
                total=step.total,
                floor=len(_floor(project, before, step.commit)),
            )
        if step.state in {"judged", "learned"}:
            before = step.commit


def _floor(project: Project, before: str, commit: str) -> frozenset[str]:
    changed = lines(project.git(*DIFF, before, commit, "--", "*.py"))
    if not changed:
        return frozenset()
    project.git("checkout", "-qf", before)
    touched = {
        path: functions((project.root / path).read_text("utf-8"), numbers)
        for path, numbers in changed.items()
    }
    if not any(touched.values()):
        return frozenset()
    data = covered(project)
    return frozenset(
        context.partition("|")[0]
        for path, bodies in touched.items()
        for number, contexts in data.contexts_by_lineno(str(project.root / path)).items()
        if any(first <= number <= last for first, last in bodies)
        for context in contexts
        if context
    )


def covered(project: Project) -> CoverageData:
    """Run the tests plainly under coverage; return which test ran which line."""
    place = project.root.parent / f"{project.name}.coverage"
    place.unlink(missing_ok=True)
    plain = ("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={project.root}")
    ended = project.run((project.python, *plain, *COVERED), {"COVERAGE_FILE": str(place)})
    data = CoverageData(str(place))
    data.read()
    if not data.measured_files():
        sys.exit(f"{project.name}: nothing was covered (pytest-cov is needed): {ended.stderr}")
    return data


def lines(diff: str) -> dict[str, set[int]]:
    """Return the lines of each old file that a diff without context changes, or adds behind."""
    found: dict[str, set[int]] = {}
    path = ""
    for line in diff.splitlines():
        hunk = HUNK.match(line)
        if line.startswith("--- "):
            path = line.removeprefix("--- ").removesuffix("\t")
        elif hunk and path != "/dev/null":
            first, count = int(hunk["first"]), int(hunk["count"] or 1)
            found.setdefault(path, set()).update(range(first, first + max(count, 1)))
    return found


def functions(text: str, numbers: set[int]) -> list[tuple[int, int]]:
    """Return the first and last lines of the bodies of the innermost functions with such lines."""
    found = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    bodies = set()
    for number in numbers:
        around = [it for it in found if it.lineno <= number <= (it.end_lineno or it.lineno)]
        if around:
            inner = max(around, key=lambda it: it.lineno)
            bodies.add((inner.body[0].lineno, inner.end_lineno or inner.lineno))
    return sorted(bodies)


def table(rows: list[Floored]) -> str:
    """Return the means of each project as a Markdown table; the ratio is of sums of tests."""
    names = sorted({row.project for row in rows})
    groups = [[row for row in rows if row.project == name] for name in names]
    return playing.head(COLUMNS) + "".join(map(_row, groups))


def _row(group: list[Floored]) -> str:
    floored = [row for row in group if row.floor]
    ratio = sum(row.ran for row in floored) / max(sum(row.floor for row in floored), 1)
    cells = (
        group[0].project,
        len(group),
        f"{statistics.mean(row.ran / row.total for row in group):.1%}",
        f"{statistics.mean(row.floor / row.total for row in group):.1%}",
        len(floored),
        f"{ratio:.2f}" if floored else "-",
    )
    return playing.row(cells)


if __name__ == "__main__":
    sys.exit(main())
