"""Hurts a cluster while a run is on it, and measures what a cluster costs and saves.

    python -m benchmarks.cluster --count 20 --other .venv-3.12/bin/python
    python -m benchmarks.cluster --speed --turns 3

Three workers are processes of their own, with the scheduler on the loopback, over mutual TLS. Each
run is hurt once, at a random moment after its first shard has begun; half of the runs have a test
that fails. ``--other`` is a Python with FirstTry and dask of another version than this one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import harness
from benchmarks.dask_machines import Machines, hurt
from benchmarks.harness import RESULTS, Case, Claim, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    #: What hurts a cluster, or its workers.
    Act = Callable[[Machines, list[subprocess.Popen[bytes]]], None]

#: Files and tests of the suite that is hurt, and seconds of each test.
FILES, EACH, SECONDS = 6, 4, 0.15
#: Seconds within which a hurt run has to end. What it does alone takes a tenth of it; a stopped
#: worker is given up after ``silence``.
LIMIT = 180.0
SETTINGS = """\
[tool.firsttry.ruff]
enabled = false
[tool.firsttry.mypy]
enabled = false
"""
POOL = "workers = 0\nwait = 30\nsilence = 5\n"
TESTS = """\
import time

import pytest


@pytest.mark.parametrize("n", range({each}))
def test_n(n):
    time.sleep({seconds})
    assert n != {wrong}
"""
#: CPU alone: so many rounds of work, which take half a second on a machine of 2025.
BUSY = """\
import hashlib

import pytest


@pytest.mark.parametrize("n", range(10))
def test_n(n):
    data = bytes(range(256)) * 4096
    for _ in range({rounds}):
        data = hashlib.sha256(data).digest() * 32768
    assert data
"""
#: Of the suite that is measured: files with ten tests each, and what no cluster may cost, what one
#: worker may cost, and what two have to save.
MEASURED, OVERHEAD, FASTER = 12, 1.15, 1.7


def project(root: Path, files: dict[str, str]) -> Path:
    """Make a repository with these files."""
    harness.write(root, {"pyproject.toml": SETTINGS, ".gitignore": "__pycache__/\n", **files})
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=T", "-c", "user.email=t@example.invalid", "commit", "-qm", "all"),
    ):
        harness.prepare(root, "git", *words)
    return root


def kill(pool: Machines, workers: list[subprocess.Popen[bytes]]) -> None:
    """Kill one worker with all that it has started."""
    hurt(workers[0], signal.SIGKILL)
    del pool


def stop(pool: Machines, workers: list[subprocess.Popen[bytes]]) -> None:
    """Stop one worker: it answers nothing any more, and its connections stay open."""
    os.kill(workers[0].pid, signal.SIGSTOP)
    del pool


def scheduler(pool: Machines, workers: list[subprocess.Popen[bytes]]) -> None:
    """Kill the scheduler."""
    if pool.scheduler:
        hurt(pool.scheduler, signal.SIGKILL)
    del workers


def late(other: str) -> Act:
    """Return what lets a worker join late that has another Python."""

    def join(pool: Machines, workers: list[subprocess.Popen[bytes]]) -> None:
        workers.append(pool.worker("late", python=other))

    return join


def nothing(pool: Machines, workers: list[subprocess.Popen[bytes]]) -> None:
    """Hurt nothing: the worker's disk was too small from the beginning."""
    del pool, workers


def once(
    folder: Path,
    fault: str,
    act: Act,
    seed: int,
) -> list[str]:
    """Run the suite on three workers, hurt them, and return what was wrong."""
    chance = random.Random(seed)
    wrong = chance.randrange(EACH) if chance.random() < 0.5 else -1
    files = {
        f"tests/test_{n}.py": TESTS.format(
            each=EACH, seconds=SECONDS, wrong=wrong if n == seed % FILES else -1
        )
        for n in range(FILES)
    }
    root = project(folder / "project", files)
    environment = harness.environment({"HOME": str(folder)})
    with Machines(folder / "machines", environment) as pool:
        text = (root / "pyproject.toml").read_text()
        (root / "pyproject.toml").write_text(text + pool.settings + POOL)
        small = ("prlimit", f"--fsize={chance.randrange(20_000, 900_000)}")
        workers = [pool.worker("w0", within=small if fault == "full disk" else ())]
        workers += [pool.worker(f"w{n}") for n in (1, 2)]
        return _judged(root, pool, workers, act, chance, red=wrong >= 0)


def _judged(
    root: Path,
    pool: Machines,
    workers: list[subprocess.Popen[bytes]],
    act: Act,
    chance: random.Random,
    *,
    red: bool,
) -> list[str]:
    """Start the run, hurt it, and hold what it says against what is true."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out:
        run = subprocess.Popen(
            ["ft", "full", "--cluster", pool.url],
            cwd=root,
            env=harness.environment({"HOME": str(root.parent)}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        while run.poll() is None and not _working(pool.folder):
            time.sleep(0.05)
        time.sleep(chance.uniform(0, FILES * EACH * SECONDS / 3))
        act(pool, workers)
        try:
            run.wait(LIMIT)
        except subprocess.TimeoutExpired:
            run.kill()
            return [f"it did not end within {LIMIT:g} s"]
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    found = list(_wrong(root, said, run.returncode, red=red))
    return found + ([f"took {time.monotonic() - started:.0f} s"] if found else [])


def _working(folder: Path) -> bool:
    return any(it.stat().st_size for it in folder.rglob(".firsttry/full/tests/events.jsonl"))


def _wrong(root: Path, said: str, code: int, *, red: bool) -> Iterable[str]:
    """Yield what is not as it is: the colour, a test that is lost, or counted twice."""
    if "Traceback" in said:
        yield "a traceback"
    if code != int(red):
        yield f"it ended with {code}, and pytest alone with {int(red)}"
    result = json.loads((root / ".firsttry/reports/full/tests.json").read_text())
    counts = result["tests"]["counts"]
    total = FILES * EACH
    if (counts["passed"], counts.get("failed", 0)) != (total - red, int(red)):
        yield f"of {total} tests {counts} have an outcome"
    if len(result["tests"]["durations"]) != total:
        yield f"{len(result['tests']['durations'])} tests have run, and there are {total}"


def faults(count: int, seed: int, other: str) -> bool:
    """Hurt so many runs in each way; write what was wrong, and tell whether nothing was."""
    ways: dict[str, Act] = {
        "kill -9 of a worker": kill,
        "a worker that is stopped": stop,
        "kill -9 of the scheduler": scheduler,
        "full disk": nothing,
    }
    if other:
        ways["another Python joins"] = late(other)
    table: dict[str, dict[str, object]] = {}
    for fault, act in ways.items():
        wrong: list[str] = []
        seconds = []
        for number in range(count):
            started = time.monotonic()
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                wrong += once(Path(folder), fault, act, seed + number)
            seconds.append(round(time.monotonic() - started, 1))
        most = max(seconds, default=0.0)
        table[fault] = {"runs": count, "wrong": wrong, "longest": most}
        print(f"{fault:<28} {count:>3} runs, {most:>6.1f} s at most, {len(wrong)} wrong")
        for it in wrong:
            print(f"    {it}")
    text = json.dumps({"load": round(os.getloadavg()[0], 2), "faults": table}, indent=2)
    (RESULTS / "cluster_faults.json").write_text(text + "\n")
    return not any(it["wrong"] for it in table.values())


def speed(turns: int, rounds: int) -> bool:
    """Measure a suite of CPU alone: without a cluster, with one worker, and with two."""
    with tempfile.TemporaryDirectory() as folder:
        files = {f"tests/test_{n}.py": BUSY.format(rounds=rounds) for n in range(MEASURED)}
        root = project(Path(folder) / "project", files)
        cases = [Case("no cluster", root, ("ft", "full"))]
        for workers in (1, 2):
            # A project of its own for each, since how many workers join is a setting.
            own = project(Path(folder) / f"of{workers}" / "project", files)
            pool = f"{SETTINGS}[tool.firsttry.pool]\nworkers = {workers}\n"
            (own / "pyproject.toml").write_text(pool)
            cases.append(Case(f"{workers} of its own", own, ("ft", "full", "--cluster", "local")))
        taken = harness.measure(cases, turns)
    claims = (
        harness.claim_time(taken, "1 of its own", "no cluster", OVERHEAD),
        _cpu(taken, "1 of its own", "no cluster", OVERHEAD),
        harness.claim_time(taken, "2 of its own", "1 of its own", round(1 / FASTER, 3)),
    )
    return harness.report("cluster", taken, claims, f"load {os.getloadavg()[0]:.1f} at the end")


def _cpu(taken: dict[str, Taken], over: str, under: str, limit: float) -> Claim:
    """Compare what all cores had to do, which a busy machine changes less than the time."""
    ratio = min(taken[over].cpu) / min(taken[under].cpu)
    return Claim(what=f"cores: {over} / {under}", ratio=round(ratio, 3), limit=limit)


def main() -> None:
    """Do what was asked for; 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--other", default="", help="another Python, with FirstTry and dask")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=700)
    asked = parser.parse_args()
    other = str(Path(asked.other).absolute()) if asked.other else ""
    good = (
        speed(asked.turns, asked.rounds) if asked.speed else faults(asked.count, asked.seed, other)
    )
    raise SystemExit(not good)


if __name__ == "__main__":
    main()
