"""The fault drill: whether warm, in real projects, fails every test that pytest fails.

Usage: python -m benchmarks.drill --project PATH:SRC[:DATA-GLOB] ... --python PYTHON --faults 40

Each project is a git checkout; SRC is its package, or the folder that
holds it; the faults go there, tests left out, and into the data files that match the glob.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.faults import Fault, draw
from benchmarks.harness import RESULTS
from benchmarks.project import Plain, Project, Warm, copy

#: Folders inside of packages where their tests are: a fault there is none of the product.
_TESTS = frozenset({"test", "tests", "testing"})

#: A fault that makes pytest take so many times its time, or seconds, makes it hang.
_HANGS = 5
_LEAST = 60


class Drilled(Struct, frozen=True, kw_only=True):
    """What one fault came to."""

    project: str
    kind: str
    place: str
    broke: int
    ran: int
    total: int
    mode: str
    why: tuple[str, ...]
    warm_seconds: float
    plain_seconds: float
    warm_cpu: float
    plain_cpu: float
    full_seconds: float = 0.0  # a full run of the project without a fault
    missed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()  # missed by this measure, but they answer both ways


def main() -> int:
    """Drill each project; end with 1 if a failing test was missed."""
    asked = _arguments()
    results: list[Drilled] = []
    with tempfile.TemporaryDirectory(prefix="drill-") as base:
        for spec in asked.project:
            source, src, *globs = spec.split(":")
            project = copy(source, Path(base).resolve(), asked.python, src)
            for result in _drill(project, src, globs, asked):
                results.append(result)
                _write(Path(asked.json), results)
    sys.stdout.write(table(results))
    return int(any(result.missed for result in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--faults", type=int, default=40, help="faults a project")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", default=str(RESULTS / "drill.json"))
    return parser.parse_args()


def _drill(
    project: Project, src: str, globs: list[str], asked: argparse.Namespace
) -> Iterator[Drilled]:
    project.settle()
    project.git("add", "--all")
    project.git("-c", "user.name=d", "-c", "user.email=d@example.org", "commit", "-qam", "settle")
    before = project.plain()
    if not any("::" in name for name in before.outcomes):
        raise SystemExit(f"{project.name}: its tests don't run: {min(before.outcomes)}")
    project.warm()
    full = project.full()
    project.keep()
    sources, data = _places(project, src, globs)
    faults = draw(project.root, sources, data, asked.faults, asked.seed)
    for fault in faults:
        result = _one(project, fault, before, full)
        if result is not None:
            yield result


def _places(project: Project, src: str, globs: list[str]) -> tuple[list[str], list[str]]:
    tracked = project.git("ls-files").splitlines()
    code = [path for path in tracked if path.endswith(".py") and path.startswith(src)]
    sources = [path for path in code if _TESTS.isdisjoint(Path(path).parts)]
    data = [path for path in tracked if any(Path(path).match(glob) for glob in globs)]
    return sources, data


def _one(project: Project, fault: Fault, before: Plain, full: float) -> Drilled | None:
    fault.apply(project.root)
    plain = project.plain(limit=max(_LEAST, _HANGS * before.seconds))
    if plain.hung:
        project.back()
        return None
    warm = project.warm()
    missed = _missed(warm, plain, before)
    flaky = project.flaky([name for name in missed if "::" in name], plain)
    project.back()
    result = msgspec.structs.replace(
        _result(project, fault, warm, plain, before),
        full_seconds=round(full, 2),
        missed=tuple(sorted(missed - flaky)),
        flaky=tuple(sorted(flaky)),
    )
    mark = "MISSED" if result.missed else "ok"
    sys.stdout.write(
        f"{mark:7}{project.name:24}{fault.kind:16}{result.place:44}broke {result.broke:<5}"
        f"ran {result.ran}/{result.total} {warm.seconds:.1f}s/{plain.seconds:.1f}s {warm.mode}\n"
    )
    sys.stdout.flush()
    return result


def _missed(warm: Warm, plain: Plain, before: Plain) -> frozenset[str]:
    """Return the tests that the fault broke, and that warm did not fail."""
    broke = plain.failed - before.failed
    # What can't be collected, or started, ends pytest before any test: no green then says the same.
    if all("::" in name for name in broke | warm.failed):
        return broke - warm.failed
    return frozenset() if warm.status else broke


def _result(project: Project, fault: Fault, warm: Warm, plain: Plain, before: Plain) -> Drilled:
    return Drilled(
        project=project.name,
        kind=fault.kind,
        place=f"{fault.path}:{fault.line}",
        broke=len(plain.failed - before.failed),
        ran=len(warm.ran),
        total=max(len(before.outcomes), 1),
        mode=warm.mode,
        why=warm.why,
        warm_seconds=round(warm.seconds, 2),
        plain_seconds=round(plain.seconds, 2),
        warm_cpu=round(warm.cpu, 2),
        plain_cpu=round(plain.cpu, 2),
    )


def _write(place: Path, results: list[Drilled]) -> None:
    place.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def table(results: list[Drilled]) -> str:
    """Return the sums of each project as a Markdown table.

    "Tests run" are a share of all the runs' tests together; mean and median are of the faults.
    """
    head = (
        "| project | faults | broke a test | failing tests | missed | tests run | mean | median "
        "| warm/full time | warm/plain time | warm/plain CPU |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    names = sorted({result.project for result in results})
    groups = [[result for result in results if result.project == name] for name in names]
    rows = [_row(name, group) for name, group in zip(names, groups, strict=True)]
    return head + "".join(rows) + _row("all", results)


def _row(name: str, group: list[Drilled]) -> str:
    share = sum(result.ran for result in group) / sum(result.total for result in group)
    shares = [result.ran / result.total for result in group]
    ratio = statistics.median(result.warm_seconds / result.plain_seconds for result in group)
    whole = statistics.median(result.warm_seconds / result.full_seconds for result in group)
    cpu = statistics.median(result.warm_cpu / result.plain_cpu for result in group)
    broken = sum(result.broke > 0 for result in group)
    failing = sum(result.broke for result in group)
    missed = sum(len(result.missed) for result in group)
    cells = (
        name,
        len(group),
        broken,
        failing,
        missed,
        f"{share:.1%}",
        f"{statistics.mean(shares):.1%}",
        f"{statistics.median(shares):.1%}",
        f"{whole:.2f}",
        f"{ratio:.2f}",
        f"{cpu:.2f}",
    )
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    sys.exit(main())
