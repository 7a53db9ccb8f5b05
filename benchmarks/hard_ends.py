"""Kills real runs at random moments, and looks at what they leave and at what the next run says.

    python -m benchmarks.hard_ends --count 50

``--count`` runs are ended by each signal, four times as many by kill -9.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import tiny_project
from benchmarks.harness import RESULTS

ENDS: dict[str, tuple[int, ...]] = {
    "kill -9": (signal.SIGKILL,),
    "SIGINT": (signal.SIGINT,),
    "SIGTERM": (signal.SIGTERM,),
    "SIGHUP": (signal.SIGHUP,),
    "SIGQUIT": (signal.SIGQUIT,),
    "SIGINT twice": (signal.SIGINT, signal.SIGINT),
}
COMMANDS = ("warm", "warm", "full", "parity")
#: How many times as often a run is killed as it is ended in each of the other ways.
KILLS = 4
#: Seconds after the start within which the end comes, and between two signals: a run takes about
#: as long.
LONGEST, BETWEEN = 2.5, 0.2
#: Seconds after which nothing may be left.
LATER = 1.0
MARK = "HARD_ENDS"


def once(root: Path, end: str, seed: int) -> list[str]:
    """Break or mend the project, end a run of it, and return what was wrong afterwards."""
    chance = random.Random(seed)
    broken = chance.random() < 0.5
    text = tiny_project.BROKEN if broken else tiny_project.CODE
    (root / "calc.py").write_text(f"{text}\n\n# {seed}\n")
    out, numbers = _ended(root, end, chance)
    time.sleep(LATER)
    wrong = [f"left {it}" for it in _left(root)]
    if _locked(root):
        wrong.append("the lock")
    if "Traceback" in out and numbers:
        wrong.append("a traceback")
    plain, _ = tiny_project.run(root, "pytest", "-q", "-p", "no:cacheprovider")
    code, said = tiny_project.run(root, "ft", "warm")
    if "Traceback" in said:
        wrong.append("a traceback in the next run")
    if code != plain:
        wrong.append(f"the next run says {code}, pytest {plain}")
    return wrong


def _ended(root: Path, end: str, chance: random.Random) -> tuple[str, int]:
    """Start a run and end it; return what it printed and whether it had begun its work."""
    delay = chance.uniform(0.0, LONGEST)
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            ["ft", chance.choice(COMMANDS)],
            cwd=root,
            env=tiny_project.environment(root) | {MARK: str(root)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        time.sleep(delay)
        begun = (root / ".firsttry/lock").exists() and _locked(root)
        for number in ENDS[end]:
            process.send_signal(number)
            time.sleep(BETWEEN if len(ENDS[end]) > 1 else 0)
        process.wait(30)
        out.seek(0)
        return out.read().decode("utf-8", "replace"), begun


def _left(root: Path) -> list[str]:
    """Return the commands of processes that the ended run has left."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={root}".encode() in place.read_bytes().split(b"\0"):
                found.append(place.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _locked(root: Path) -> bool:
    handle = os.open(root / ".firsttry/lock", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def several(root: Path, work: list[tuple[int, str]]) -> list[tuple[str, list[str]]]:
    """End one run after the other; return what was wrong after each."""
    return [(end, once(root, end, seed)) for seed, end in work]


def main() -> None:
    """End so many runs, two at a time, and write what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args()
    ends = [it for it in ENDS for _ in range(asked.count * (KILLS if it == "kill -9" else 1))]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        roots = [tiny_project.make(Path(folder) / str(n) / "project") for n in range(2)]
        work = list(enumerate(ends, asked.seed))
        parts = [pool.submit(several, root, work[n::2]) for n, root in enumerate(roots)]
        done = [pair for part in parts for pair in part.result()]
    table = {}
    for end in ENDS:
        wrong = [found for name, found in done if name == end]
        table[end] = {"runs": len(wrong), "wrong": [it for found in wrong for it in found]}
        print(f"{end:<14} {len(wrong):>4} runs  {sum(map(bool, wrong))} wrong")
        for it in sorted({it for found in wrong for it in found}):
            print(f"    {it}")
    (RESULTS / "hard_ends.json").write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
