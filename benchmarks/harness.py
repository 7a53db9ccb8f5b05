"""Measures commands side by side in one run, turn by turn, so that a ratio means something."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).parent / "results"
BIN = Path(sys.executable).parent
#: What a tool may end with: nothing found, and something found.
ENDS = (0, 1)
#: Linux counts peak memory in kilobytes, macOS in bytes.
UNIT = 1024 if sys.platform == "linux" else 1


class Case:
    """Commands that run one after the other; ``before`` puts the state back, untimed."""

    def __init__(
        self,
        name: str,
        cwd: Path,
        *commands: tuple[str, ...],
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Name what is measured; ``env`` is laid over a bare environment."""
        self.name = name
        self.cwd = cwd
        self.commands = commands
        self.env = env or {}
        self.before = before


#: One turn of a case: seconds, seconds of all cores, bytes at most.
Turn = tuple[float, float, int]


class Taken(Struct, frozen=True, kw_only=True):
    """What a case took in each turn: seconds, seconds of all cores, and at most, bytes."""

    seconds: tuple[float, ...]
    cpu: tuple[float, ...]
    peak: int

    @property
    def median(self) -> float:
        """Return the time in the middle."""
        return statistics.median(self.seconds)


class Claim(Struct, frozen=True, kw_only=True):
    """A ratio of two cases, and the limit it has to keep."""

    what: str
    ratio: float
    limit: float

    @property
    def kept(self) -> bool:
        """Tell whether the ratio keeps its limit."""
        return self.ratio <= self.limit


class Result(Struct, frozen=True, kw_only=True):
    """A benchmark's outcome, as it is written to ``benchmarks/results``."""

    name: str
    python: str
    cores: int
    load: float
    cases: dict[str, Taken]
    claims: tuple[Claim, ...]
    notes: tuple[str, ...]


def measure(cases: Sequence[Case], turns: int) -> dict[str, Taken]:
    """Run every case once unmeasured, then ``turns`` times, one after the other in each turn."""
    seen: dict[str, list[Turn]] = {case.name: [] for case in cases}
    for turn in range(turns + 1):
        for case in cases:
            took = _once(case)
            if turn:
                seen[case.name].append(took)
    return {name: _taken(ran) for name, ran in seen.items()}


def _taken(ran: Sequence[Turn]) -> Taken:
    seconds, cpu, peaks = zip(*ran, strict=True)
    return Taken(
        seconds=tuple(round(it, 4) for it in seconds),
        cpu=tuple(round(it, 4) for it in cpu),
        peak=max(peaks),
    )


def _once(case: Case) -> Turn:
    if case.before:
        case.before()
    seconds, cpu, peaks = zip(*(_run(case, command) for command in case.commands), strict=True)
    return sum(seconds), sum(cpu), max(peaks)


def _run(case: Case, command: tuple[str, ...]) -> Turn:
    """Run one command; the kernel tells what it and all that it waited for took."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=case.cwd,
        env=environment(case.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ENDS:
        raise SystemExit(f"{case.name}: {' '.join(command)} ended with {process.returncode}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return a bare environment in which the programs beside this Python are found first."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", **more}


def claim_time(cases: Mapping[str, Taken], over: str, under: str, limit: float) -> Claim:
    """Compare two cases by the median of the turns' ratios: a slow turn is slow for both."""
    pairs = zip(cases[over].seconds, cases[under].seconds, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return Claim(what=f"time: {over} / {under}", ratio=round(ratio, 3), limit=limit)


def claim_memory(cases: Mapping[str, Taken], over: str, under: str, limit: float) -> Claim:
    """Compare the peak memory of two cases."""
    ratio = cases[over].peak / cases[under].peak
    return Claim(what=f"peak memory: {over} / {under}", ratio=round(ratio, 3), limit=limit)


def report(name: str, cases: Mapping[str, Taken], claims: Sequence[Claim], *notes: str) -> bool:
    """Print the table, write the JSON, and tell whether every claim is kept."""
    print(f"\n{name}\n{'':32} {'min':>9} {'median':>9} {'cores':>9} {'peak':>10}")
    for case, taken in cases.items():
        least = min(taken.seconds)
        cpu = statistics.median(taken.cpu)
        times = f"{least:7.3f} s {taken.median:7.3f} s {cpu:7.3f} s"
        print(f"{case:32} {times} {taken.peak / 1e6:7.1f} MB")
    for claim in claims:
        word = "kept" if claim.kept else "BROKEN"
        print(f"{claim.what:50} {claim.ratio:6.2f}  (at most {claim.limit})  {word}")
    for note in notes:
        print(note)
    result = Result(
        name=name,
        python=sys.version.split()[0],
        cores=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        cases=dict(cases),
        claims=tuple(claims),
        notes=notes,
    )
    RESULTS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=2)
    (RESULTS / f"{name}.json").write_bytes(text + b"\n")
    return all(claim.kept for claim in claims)


def prepare(cwd: Path, *argv: str, **env: str) -> str:
    """Run a command that is no part of the measurement, and return what it printed."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode not in ENDS:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write the files of a project."""
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def commit(root: Path) -> None:
    """Make the folder a repository that holds all its files in one commit."""
    who = {"GIT_CONFIG_GLOBAL": os.devnull}
    for part in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{part}_NAME": "A. Person", f"GIT_{part}_EMAIL": "person@example.org"}
    for argv in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "First")):
        prepare(root, "git", *argv, **who)
