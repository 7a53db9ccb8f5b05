"""From a save to the verdict of ``ft watch``, beside a fresh ``ft warm`` after the same edit.

    python -m benchmarks.watch --project ROOT:SRC ... --python PYTHON --edits 20

Each project is cloned twice. In one clone ``ft watch`` waits; in the other ``ft warm`` is started
after each edit, in turn with the save, so that both have the machine as it is. CPU of the watch is
that of all its processes between save and verdict; what a waiting run loaded before is not in it,
and is printed besides. PYTHON has the project's requirements and FirstTry with its extra ``watch``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from benchmarks import playing
from firsttry_tasks.parity import faults
from firsttry_tasks.system.guard.guardian import descendants

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from firsttry_tasks.parity.faults import Fault

LIMIT = 0.5
#: Seconds without CPU after which the next run counts as waiting.
QUIET = 1.0
#: Seconds after which a save comes although none waits.
PATIENCE = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


class Turn(Struct, frozen=True, kw_only=True):
    """One edit: seconds and CPU seconds of both, whether their exits agree.

    ``ready`` is the CPU after the verdict, by which the next run gets ready.
    """

    place: str
    watch: tuple[float, float]
    fresh: tuple[float, float]
    ready: float
    equal: bool


class Watched(Struct, frozen=True, kw_only=True):
    """What the edits of one project came to."""

    project: str
    commit: str
    turns: tuple[Turn, ...]

    def ratio(self, which: int) -> float:
        """Return the median of the ratios; ``which`` is 0 for time, 1 for CPU."""
        return statistics.median(it.watch[which] / it.fresh[which] for it in self.turns)


def main() -> int:
    """Play the edits; return 1 where the median of a project is over the limit."""
    parser = playing.parser(__doc__, "watch.json")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    found = [_project(word, asked) for word in asked.project]
    text = msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1)
    Path(asked.json).write_bytes(text + b"\n")
    print(table(found))
    return int(any(one.ratio(0) > LIMIT for one in found))


def _project(word: str, asked: argparse.Namespace) -> Watched:
    place, _, src = word.partition(":")
    with tempfile.TemporaryDirectory(prefix="watch-") as away:
        roots = [Path(away).resolve() / name for name in ("watched", "fresh")]
        for root in roots:
            subprocess.run(["git", "clone", "--quiet", place, str(root)], check=True)
            _ft(root, asked.python, "warm")
        paths = sorted(it.relative_to(roots[0]).as_posix() for it in (roots[0] / src).rglob("*.py"))
        drawn = faults.draw(roots[0], paths, (), 2 * asked.edits, asked.seed)
        edits = [it for it in drawn if _ends(roots[1], asked.python, it)][: asked.edits]
        turns = []
        with _watching(roots[0], asked.python) as watch:
            for number, edit in enumerate(edits):
                turns.append(_turn(watch, roots[1], asked.python, edit, first=number % 2 == 0))
                print(turns[-1], flush=True)
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=roots[0], check=True, capture_output=True, text=True
        ).stdout.strip()
    return Watched(project=Path(place).name, commit=commit, turns=tuple(turns))


def _ends(root: Path, python: str, edit: Fault) -> bool:
    """Tell whether plain pytest comes to an end after an edit: a fault may loop for ever."""
    text = (root / edit.path).read_bytes()
    edit.apply(root)
    try:
        subprocess.run(
            [python, "-m", "pytest", "-q"],
            cwd=root,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        (root / edit.path).write_bytes(text)
    return True


def _ft(root: Path, python: str, *words: str) -> tuple[int, float, float]:
    """Run ft to its end; return its exit code, seconds, and CPU seconds with all its children."""
    begun = time.perf_counter()
    argv = [python, "-P", "-m", "firsttry_tasks", *words, "--json"]
    child = subprocess.Popen(
        argv,
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, time.perf_counter() - begun, used.ru_utime + used.ru_stime


class Watch:
    """A running ``ft watch`` in one clone."""

    def __init__(self, root: Path, process: subprocess.Popen[str]) -> None:
        """Remember both."""
        self.root = root
        self.process = process
        self.used: set[int] = set()

    def verdict(self) -> int:
        """Wait for the end of a run; return its exit code."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        return int(json.loads(line)["exit_code"])

    def rest(self) -> None:
        """Wait until the next run waits: until a tool waits below it, and nothing uses CPU."""
        deadline = time.monotonic() + PATIENCE
        # Those that waited before have become the tools of the last run.
        while not (waiting := self._waiting()) - self.used and time.monotonic() < deadline:
            time.sleep(0.05)
        last, since = self.cpu(), time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(0.05)
            if (now := self.cpu()) != last:
                last, since = now, time.monotonic()
        self.used |= waiting

    def _waiting(self) -> set[int]:
        return set(filter(_waits, descendants(self.process.pid)))

    def cpu(self) -> float:
        """Return the CPU seconds of all its processes so far, those that ended included."""
        return sum(map(_cpu, (self.process.pid, *descendants(self.process.pid))))


def _waits(pid: int) -> bool:
    try:
        return b"guard/waiting.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended, and its parent has it
        return 0
    return sum(map(int, fields[11:15])) / TICKS


@contextmanager
def _watching(root: Path, python: str) -> Iterator[Watch]:
    """Yield a watch whose first run has ended."""
    argv = [python, "-P", "-m", "firsttry_tasks", "watch", "--json"]
    process = subprocess.Popen(
        argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    watch = Watch(root, process)
    try:
        watch.verdict()
        watch.rest()
        yield watch
    finally:
        process.terminate()
        process.wait()


def _turn(watch: Watch, fresh: Path, python: str, edit: Fault, *, first: bool) -> Turn:
    """Play one edit in both clones, the watched one first or second, and take it back."""
    texts = [(root / edit.path).read_bytes() for root in (watch.root, fresh)]
    saved = _saved(watch, edit) if first else None
    edit.apply(fresh)
    code, seconds, cpu = _ft(fresh, python, "warm")
    told, ready, *taken = saved or _saved(watch, edit)
    for root, text in zip((watch.root, fresh), texts, strict=True):
        (root / edit.path).write_bytes(text)
    watch.verdict()
    watch.rest()
    _ft(fresh, python, "warm")
    return Turn(
        place=f"{edit.path}:{edit.line}",
        watch=(round(taken[0], 3), round(taken[1], 3)),
        fresh=(round(seconds, 3), round(cpu, 3)),
        ready=round(ready, 2),
        equal=told == code,
    )


def _saved(watch: Watch, edit: Fault) -> tuple[int, float, float, float]:
    """Save an edit; return the exit code, the CPU after the verdict, seconds and CPU up to it."""
    before, begun = watch.cpu(), time.perf_counter()
    edit.apply(watch.root)
    code = watch.verdict()
    seconds, told = time.perf_counter() - begun, watch.cpu()
    # Nothing of it runs beside what is measured next.
    watch.rest()
    return code, watch.cpu() - told, seconds, told - before


def table(found: list[Watched]) -> str:
    """Return the projects as a Markdown table."""
    head = (
        "| project | edits | same exit | watch, median | `ft warm`, median | time, ratio "
        "| CPU, ratio |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(map(_row, found))


def _row(one: Watched) -> str:
    watch, fresh = (statistics.median(it[0] for it in side) for side in _sides(one))
    return (
        f"| {one.project} | {len(one.turns)} | {sum(it.equal for it in one.turns)} | {watch:.2f} s "
        f"| {fresh:.2f} s | {one.ratio(0):.2f} | {one.ratio(1):.2f} |\n"
    )


def _sides(one: Watched) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    return [it.watch for it in one.turns], [it.fresh for it in one.turns]


if __name__ == "__main__":
    sys.exit(main())
