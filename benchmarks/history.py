"""Real history: whether warm, commit after commit, runs every test whose outcome changed.

Outcomes of tests that a commit adds are counted apart: any selection runs what it doesn't know. A
false red is a test that failed in warm and passes in plain pytest, also when it runs again.

Usage: python -m benchmarks.history --project PATH:SRC ... --python PYTHON --commits 60

Each project is a git repository with its history; SRC is its package, or the folder that
holds it. Commits whose tests can't be collected are left out.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from benchmarks.project import Plain, Project, Warm, copy


class Step(Struct, frozen=True, kw_only=True):
    """What warm did with one commit."""

    project: str
    commit: str
    #: Outcomes that differ from those at the commit before, of tests that were there before.
    changed: int
    #: Outcomes of tests that are new, or have another name.
    new: int
    flaky: tuple[str, ...]
    missed: tuple[str, ...]
    false_red: tuple[str, ...]
    ran: int
    total: int
    files_ran: int
    files: int
    mode: str
    why: tuple[str, ...]
    warm_seconds: float
    plain_seconds: float
    warm_cpu: float
    plain_cpu: float


def main() -> int:
    """Walk each project's history; end with 1 if a changed outcome was missed."""
    asked = _arguments()
    steps: list[Step] = []
    with tempfile.TemporaryDirectory(prefix="history-") as base:
        for spec in asked.project:
            source, src = spec.split(":")
            project = copy(source, Path(base).resolve(), asked.python, src)
            for step in _walk(project, asked.commits):
                steps.append(step)
                text = msgspec.json.format(msgspec.json.encode(steps), indent=1)
                Path(asked.json).write_bytes(text + b"\n")
    sys.stdout.write(table(steps))
    return int(any(step.missed or step.false_red for step in steps))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--commits", type=int, default=60)
    parser.add_argument("--json", default=str(RESULTS / "history.json"))
    return parser.parse_args()


def _walk(project: Project, count: int) -> Iterator[Step]:
    log = project.git("log", "--first-parent", f"-{count + 1}", "--format=%H", "HEAD")
    commits = log.split()[::-1]
    before: Plain | None = None
    for commit in commits:
        _enter(project, commit)
        warm, after = project.warm(), project.plain()
        if not any("::" in name for name in after.outcomes):
            continue  # its tests can't even be collected with this Python and these packages
        if before is not None:
            unsure = _left_out(warm, before, after) | (warm.failed & _passed(after))
            flaky = project.flaky(unsure, after)
            yield _step(project, commit, warm, before, after, flaky)
        before = after


def _enter(project: Project, commit: str) -> None:
    project.git("checkout", "-qf", commit)
    project.settle()


def _changed(before: Plain, after: Plain) -> set[str]:
    return {name for name, word in after.outcomes.items() if before.outcomes.get(name) != word}


def _passed(run: Plain) -> set[str]:
    return {name for name, word in run.outcomes.items() if word != "failed"}


def _left_out(warm: Warm, before: Plain, after: Plain) -> set[str]:
    return _changed(before, after) - warm.ran - warm.failed


def _step(
    project: Project, commit: str, warm: Warm, before: Plain, after: Plain, flaky: set[str]
) -> Step:
    changed = _changed(before, after)
    missed = sorted(_left_out(warm, before, after) - flaky)
    false_red = sorted((warm.failed & _passed(after)) - flaky)
    files = {name.partition("::")[0] for name in after.outcomes}
    step = Step(
        project=project.name,
        commit=commit[:12],
        changed=len(changed & before.outcomes.keys()),
        new=len(changed - before.outcomes.keys()),
        flaky=tuple(sorted(flaky)),
        missed=tuple(missed),
        false_red=tuple(false_red),
        ran=len(warm.ran),
        total=len(after.outcomes),
        files_ran=len({name.partition("::")[0] for name in warm.ran} & files),
        files=len(files),
        mode=warm.mode,
        why=warm.why,
        warm_seconds=round(warm.seconds, 2),
        plain_seconds=round(after.seconds, 2),
        warm_cpu=round(warm.cpu, 2),
        plain_cpu=round(after.cpu, 2),
    )
    mark = "MISSED" if missed else "FALSE" if false_red else "ok"
    sys.stdout.write(
        f"{mark:7}{project.name:24}{step.commit} changed {step.changed:<4} new {step.new:<4}"
        f"ran {step.ran}/{step.total}, {step.files_ran}/{step.files} files "
        f"{step.warm_seconds}s/{step.plain_seconds}s {' '.join(step.why)[:80]}\n"
    )
    sys.stdout.flush()
    return step


COLUMNS = (
    "project",
    "commits",
    "changed outcomes",
    "of new tests",
    "flaky among them",
    "missed",
    "false reds",
    "tests run, mean",
    "median",
    "test files skipped",
    "warm/plain time",
    "warm/plain CPU",
)


def table(steps: list[Step]) -> str:
    """Return the sums of each project as a Markdown table."""
    head = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
    names = sorted({step.project for step in steps})
    groups = [[step for step in steps if step.project == name] for name in names]
    return head + "".join(_row(name, group) for name, group in zip(names, groups, strict=True))


def _row(name: str, group: list[Step]) -> str:
    shares = [step.ran / step.total if step.total else 0.0 for step in group]
    cells = (
        name,
        len(group),
        sum(step.changed for step in group),
        sum(step.new for step in group),
        sum(len(step.flaky) for step in group),
        sum(len(step.missed) for step in group),
        sum(len(step.false_red) for step in group),
        f"{statistics.mean(shares):.1%}",
        f"{statistics.median(shares):.1%}",
        f"{statistics.mean(1 - step.files_ran / step.files for step in group):.1%}",
        f"{statistics.median(step.warm_seconds / step.plain_seconds for step in group):.2f}",
        f"{statistics.median(step.warm_cpu / step.plain_cpu for step in group):.2f}",
    )
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    sys.exit(main())
