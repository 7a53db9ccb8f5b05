"""Measures runs on several machines: the balance of shards, and whether they come to one run.

Usage: python -m benchmarks.shards simulate --project NAME=PATH ...
       python -m benchmarks.shards same [--tests 2000] [--workers 2]
       python -m benchmarks.shards balance [--tests 2000]

`simulate` plans real suites for 4 to 64 machines by the times of an earlier full run (a git
checkout each, whose tests have run by `ft full` twice, with this Python): the longest shard against
the least that it could be, which is the mean of all shards or what can't be divided; and the same
with the times of a later run, in place of those of the plan.

`same` makes a suite of that many tests whose times are known, runs all of it once, and then in 1,
2, 3 and 7 shards, each as a process of its own in a clone of its own: how far the shards were from
their mean by what they took, and whether report, record and the next selection are the same.
`balance` asks for the first alone, without recording and with tests that mostly sleep.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.recording import PERHAPS
from firsttry_tasks.selection.shards import balance, runs
from firsttry_tasks.selection.shards.plan import Ground, Wanted, decode, make_plan
from firsttry_tasks.selection.shards.times import Expected, Times, expected, kept
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.shards import planning
from firsttry_tasks.system import own_files
from tests.e2e.checkout import TESTS_ONLY, Checkout
from tests.e2e.shards.machines import FOLDER, Machines, recorded, rests_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.shards.units import PlannedTest

MACHINES = (4, 8, 16, 32, 64)
SHARDS = (1, 2, 3, 7)
#: The longest shard may take so many times the least that it could.
LIMIT = 1.15
#: A shard may differ by so much of the mean, by what it then took.
APART = 0.1


class Row(Struct, frozen=True, kw_only=True):
    """One suite for so many machines: the longest shard over the least that it could take.

    ``planned`` by the times that the plan was made of, ``later`` by those of another run. ``files``
    is the share of test files that stay whole, ``bound`` whether one thing that can't be divided
    is longer than the mean.
    """

    suite: str
    tests: int
    seconds: float
    machines: int
    planned: float
    later: float
    files: float
    bound: bool


def simulate(name: str, root: Path) -> list[Row]:
    """Return the rows of one suite."""
    before = Path.cwd()
    os.chdir(root)
    try:
        tests = planning.collected(root, "full")
        lines = own_files.lines(root / state_paths.TIMES, timing.Line)
    finally:
        os.chdir(before)
    names = [it.nodeid for it in tests]
    first, last = (_of(names, line) for line in (lines[0], lines[-1]))
    return [_row(name, tests, first, last, machines) for machines in MACHINES]


def _of(names: list[str], line: timing.Line) -> Expected:
    """Return what the tests took in one run."""
    some = {nodeid: it[-1] for nodeid, it in line.seconds.items()}
    return expected(names, kept(Times(), line.kind, some), line.kind)


def _row(
    name: str,
    tests: tuple[PlannedTest, ...],
    first: Expected,
    last: Expected,
    machines: int,
) -> Row:
    ground = Ground(stage="full", head="", tree="", parts={})
    plan = make_plan(ground, tests, first, 0.0, Wanted(shards=machines))
    shares = [plan.share(number) for number in range(1, machines + 1)]
    homes: dict[str, set[int]] = {}
    for number, share in enumerate(shares):
        for nodeid in share:
            homes.setdefault(nodeid.partition("::")[0], set()).add(number)
    least = max(balance.atoms(tests, first.seconds))
    return Row(
        suite=name,
        tests=len(tests),
        seconds=round(plan.seconds, 1),
        machines=machines,
        planned=_ratio(shares, tests, first),
        later=_ratio(shares, tests, last),
        files=round(sum(len(it) == 1 for it in homes.values()) / len(homes), 3),
        bound=least > plan.seconds / machines,
    )


def _ratio(
    shares: Iterable[tuple[str, ...]], tests: tuple[PlannedTest, ...], taken: Expected
) -> float:
    """Return the longest shard over the least that it could take."""
    lengths = [sum(taken.seconds[nodeid] for nodeid in share) for share in shares]
    least = max(sum(lengths) / len(lengths), *balance.atoms(tests, taken.seconds))
    return round(max(lengths) / least, 3)


class Same(Struct, frozen=True, kw_only=True):
    """One number of shards: how far from the mean, and what is the same as in one run.

    ``planned`` and ``taken`` are the longest distance of a shard from the mean, as a share of it,
    by the expected times and by those that its tests took; ``walls`` are the seconds of each job.
    ``record``: no test rests on less, and none on more but for ``first`` tests, whose file is the
    first of its process that imports a package, and which rest on that import, too.
    """

    python: str
    tests: int
    workers: int
    shards: int
    planned: float
    taken: float
    walls: list[float]
    report: bool
    record: bool
    first: int
    selection: bool


def same(folder: Path, tests: int, workers: int) -> list[Same]:
    """Run the suite in one and in several shards; return what each came to."""
    machines = _suite(folder, tests, workers)
    origin = machines.origin
    _good(origin.run("ft", "full", "record=1"))
    chosen = _next(machines, "one")
    # As fresh a clone as the shards have: where no bytecode lies yet, imports look at more.
    alone = machines.clone("alone")
    _good(alone.run("ft", "full", "record=1", env={"HOME": str(origin.home)}))
    one, report = _flat(recorded(alone.root)), _plain(alone)
    found = []
    for of in SHARDS:
        _good(machines.all(of, "record=1", name=f"fresh-{of}"))
        less, first, more = _apart_from(one, _flat(recorded(origin.root)))
        plan = decode((origin.root / FOLDER / "full/plan.json").read_bytes())
        lengths, walls = {}, {}
        for place in (origin.root / FOLDER / "full").glob(f"*{runs.SUFFIX}"):
            run = runs.decode(place.read_bytes(), place.name)
            lengths[run.number] = sum(run.heard.durations.values())
            walls[run.number] = run.seconds
        found.append(
            Same(
                python=platform.python_version(),
                tests=tests,
                workers=workers,
                shards=of,
                planned=_apart([it.seconds for it in plan.shards]),
                taken=_apart(list(lengths.values())),
                walls=[walls[number] for number in sorted(walls)],
                report=_plain(origin) == report,
                record=not (less or more),
                first=first,
                selection=_next(machines, f"of-{of}") == chosen,
            )
        )
        print(msgspec.json.encode(found[-1]).decode(), flush=True)
    return found


class Balance(Struct, frozen=True, kw_only=True):
    """How far shards were from their mean, as a share of it: as planned, and as their tests took.

    ``lengths`` are the seconds of each shard's tests.
    """

    python: str
    tests: int
    shards: int
    planned: float
    taken: float
    lengths: list[float]


def balanced(folder: Path, tests: int) -> list[Balance]:
    """Run a suite whose tests mostly sleep in shards that record nothing: noise stays small."""
    machines = _suite(folder, tests, 0, -4.1)
    origin = machines.origin
    _good(origin.run("ft", "full"))
    found = []
    for of in SHARDS[1:]:
        _good(machines.all(of, name=f"even-{of}"))
        plan = decode((origin.root / FOLDER / "full/plan.json").read_bytes())
        taken = {
            run.number: round(sum(run.heard.durations.values()), 3)
            for place in (origin.root / FOLDER / "full").glob(f"*{runs.SUFFIX}")
            for run in [runs.decode(place.read_bytes(), place.name)]
        }
        lengths = [taken[number] for number in sorted(taken)]
        found.append(
            Balance(
                python=platform.python_version(),
                tests=tests,
                shards=of,
                planned=_apart([it.seconds for it in plan.shards]),
                taken=_apart(lengths),
                lengths=lengths,
            )
        )
        print(msgspec.json.encode(found[-1]).decode(), flush=True)
    return found


def _flat(run: RecordedRun) -> dict[str, set[tuple[object, ...]]]:
    """Return all that each test rests on, as single facts.

    What one of several tests may have left is none: it goes by when there was time to look.
    """
    return {
        nodeid: {("outcome", it["outcome"]), *(("unit", unit) for unit in it["units"])}
        | {("saw", seen) for seen in it["observations"] if not seen[1].endswith(PERHAPS)}
        | {
            (kind, name, fact)
            for kind, name, units, seen in it["scopes"]
            for fact in (None, *units, *seen)
        }
        for nodeid, it in rests_on(run).items()
    }


def _apart_from(
    one: dict[str, set[tuple[object, ...]]], other: dict[str, set[tuple[object, ...]]]
) -> tuple[int, int, int]:
    """Return how many tests rest on less, on one more import, and on more of anything else."""
    less = sum(bool(one[it] - other.get(it, set())) for it in one)
    more = [other[it] - one.get(it, set()) for it in other]
    first = [it for it in more if it and all(fact[0] == "import" for fact in it)]
    return less, len(first), sum(map(bool, more)) - len(first)


def _suite(folder: Path, tests: int, workers: int, usual: float = -4.6) -> Machines:
    """Make a project whose tests sleep, from some milliseconds to half a second."""
    made = Checkout(folder / "project")
    options = f"addopts = '-n{workers}'\n" if workers else ""
    made.begin(f"{TESTS_ONLY}\n[tool.pytest.ini_options]\npythonpath = ['.']\n{options}")
    made.write("shop/__init__.py", "")
    dice = random.Random(17)
    for number in range(tests // 40):
        made.write(f"shop/part_{number}.py", "def add(n, m):\n    return n + m\n")
        naps = [round(min(0.5, dice.lognormvariate(usual, 1)), 4) for _ in range(40)]
        made.write(
            f"tests/test_part_{number}.py",
            "import time\n\nimport pytest\n\n"
            f"from shop import part_{number}\n\n\n"
            f"@pytest.mark.parametrize(('n', 'nap'), list(enumerate({naps})))\n"
            "def test_add(n, nap):\n    time.sleep(nap)\n"
            f"    assert part_{number}.add(n, 1) == n + 1\n",
        )
    made.commit()
    return Machines(made)


def _good(ran: Any) -> None:
    if ran.code:
        sys.exit(ran.out)


def _apart(lengths: list[float]) -> float:
    """Return the longest distance from the mean, as a share of it."""
    mean = statistics.mean(lengths)
    return round(max(abs(it - mean) for it in lengths) / mean, 4)


def _plain(checkout: Checkout) -> Any:
    """Return the full report without what differs between any two runs."""
    passing = {"run", "began", "seconds", "argv", "why", "created", "durations", "notes"}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(it) for key, it in value.items() if key not in passing}
        return [plain(it) for it in value] if isinstance(value, list | tuple) else value

    return plain(msgspec.to_builtins(checkout.report("full")))


def _next(machines: Machines, name: str) -> dict[str, str]:
    """Publish what was recorded, and return what warm selects of it in a clone with two edits."""
    env = {"FIRSTTRY_STORE": str(machines.origin.root.parent / f"{name}-store")}
    _good(machines.origin.run("ft", "publish", "record=1", env=env))
    there = machines.clone(f"{name}-clone")
    there.write("shop/part_1.py", "def add(n, m):\n    return m + n\n")
    there.write("shop/part_2.py", "X = 1\n\n\ndef add(n, m):\n    return n + m\n")
    _good(there.run("ft", "warm", env=env | {"FIRSTTRY_STORE_SECONDS": "60"}))
    return there.selected()


def _keep(name: str, rows: list[Any]) -> None:
    """Write rows beside those of other Pythons and other ways, and print them."""
    place = RESULTS / name
    place.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    print(f"{len(rows)} rows in {place.name}")


def main() -> int:
    """Measure what was asked for; return 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    simulated = verbs.add_parser("simulate")
    simulated.add_argument("--project", action="append", required=True)
    ran = verbs.add_parser("same")
    ran.add_argument("--tests", type=int, default=2000)
    ran.add_argument("--workers", type=int, default=0)
    even = verbs.add_parser("balance")
    even.add_argument("--tests", type=int, default=2000)
    asked = parser.parse_args()
    if asked.verb == "simulate":
        pairs = (it.partition("=") for it in asked.project)
        rows = [row for name, _, path in pairs for row in simulate(name, Path(path).resolve())]
        _keep("shards.json", rows)
        for row in rows:
            print(msgspec.json.encode(row).decode())
        return int(any(row.planned > LIMIT for row in rows))
    if asked.verb == "balance":
        with tempfile.TemporaryDirectory() as folder:
            even_rows = balanced(Path(folder) / "suite", asked.tests)
        _keep("shards-balance.json", even_rows)
        return int(any(it.taken > APART for it in even_rows))
    with tempfile.TemporaryDirectory() as folder:
        found = same(Path(folder) / "suite", asked.tests, asked.workers)
    version = ".".join(platform.python_version_tuple()[:2])
    ways = f"-{asked.workers}-workers" if asked.workers else ""
    _keep(f"shards-same-{version}-{asked.tests}{ways}.json", found)
    good = all(it.report and it.record and it.selection and it.taken <= APART for it in found)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
