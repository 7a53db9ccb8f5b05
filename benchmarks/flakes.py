"""Are gaps never excused, and flakes hardly ever accused? make bench-flakes ARGS=200.

Real parity runs of one project with many tests that fail at random, at rates of 10, 50 and 90 %,
and some that are true selection gaps: they read a cache in the home, which no recording follows.
Every test draws from its own seeded sequence. It goes on until so many inquiries into tests with a
rate of 50 % were made. Aims: no gap is excused, and at most 2 % of those inquiries end in a block.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from firsttry_tasks.model.values import Divergence, Divergences

BIN = Path(sys.executable).parent
INQUIRIES, EACH, GAPS = 200, 30, 3
RATES = {"rare": 0.1, "coin": 0.5, "often": 0.9}
IDENTITY = {
    f"GIT_{who}_{what}": "t@example.invalid"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
DODO = "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n"
SETTINGS = """
[tool.firsttry.ruff]
enabled = false
[tool.firsttry.mypy]
enabled = false
"""
TESTS = """\
import random
from pathlib import Path

import pytest

OUT = Path({out!r})


def _fails(name: str, rate: float) -> bool:
    place = OUT / name
    with place.open("a") as stream:
        stream.write("x")
    return random.Random(f"{seed}/{{name}}/{{place.stat().st_size}}").random() < rate


@pytest.mark.parametrize("rate", {rates})
@pytest.mark.parametrize("n", range({each}))
def test_random(n: int, rate: float) -> None:
    assert not _fails(f"{{n}}-{{rate}}", rate)


@pytest.mark.parametrize("n", range({gaps}))
def test_gap(n: int) -> None:
    assert (Path.home() / ".cache/a.txt").read_text() == "ok"
"""


class Result(Struct, frozen=True, kw_only=True):
    """What came of it: for each kind of test how many inquiries were excused, and how many block.

    ``seconds`` is what confirming took in each parity run.
    """

    name: str
    python: str
    cores: int
    parity_runs: int
    inquiries: dict[str, dict[str, int]]
    gaps_excused: int
    coins_accused: float
    seconds: tuple[float, ...]


def main() -> int:
    """Run parities until there are enough inquiries; 1 where an aim is missed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else INQUIRIES
    seen: Counter[tuple[str, str]] = Counter()
    seconds: list[float] = []
    began = time.monotonic()
    while seen["coin", "excused"] + seen["coin", "blocks"] < wanted:
        found = _parity(len(seconds) + 1)
        seen.update((_name(it.nodeid or ""), _end(it)) for it in found.divergences)
        seconds.append(round(found.seconds, 1))
        told = {f"{name} {end}": n for (name, end), n in sorted(seen.items())}
        print(f"{time.monotonic() - began:.0f} s, {len(seconds)} parity runs: {told}", flush=True)
    result = _result(seen, tuple(seconds))
    RESULTS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=2)
    (RESULTS / "flakes.json").write_bytes(text + b"\n")
    print(f"gaps excused: {result.gaps_excused}; coins accused: {result.coins_accused:.1%}")
    return int(bool(result.gaps_excused) or result.coins_accused > 0.02)


def _result(seen: Counter[tuple[str, str]], seconds: tuple[float, ...]) -> Result:
    coins = seen["coin", "excused"] + seen["coin", "blocks"]
    return Result(
        name="flakes",
        python=sys.version.split()[0],
        cores=os.cpu_count() or 1,
        parity_runs=len(seconds),
        inquiries={
            name: {end: seen[name, end] for end in ("excused", "blocks")}
            for name in (*RATES, "gap")
        },
        gaps_excused=seen["gap", "excused"],
        coins_accused=round(seen["coin", "blocks"] / max(1, coins), 4),
        seconds=seconds,
    )


def _end(met: Divergence) -> str:
    return "blocks" if met.blocks else "excused"


def _parity(seed: int) -> Divergences:
    """Run one parity and return the differences with what they came to."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "project", Path(folder) / "out"
        out.mkdir()
        text = TESTS.format(
            out=str(out), seed=seed, rates=list(RATES.values()), each=EACH, gaps=GAPS
        )
        _write(root, "tests/test_random.py", text)
        _write(out, ".cache/a.txt", "ok")
        _write(root, "pyproject.toml", SETTINGS)
        _write(root, "dodo.py", DODO)
        _write(root, "ci/parity.lock.json", '{"confirm": {"minutes": 60}}')
        for words in ("init -q", "add -A", "commit -qm one"):
            _run(root, "git", *words.split())
        _run(root, str(BIN / "doit"), "warm")
        _write(out, ".cache/a.txt", "bad")
        _write(root, "README.md", "A change that no test uses.")
        _run(root, str(BIN / "doit"), "parity")
        data = (root / "artifacts/divergence.json").read_bytes()
        return msgspec.json.decode(data, type=Divergences)


def _name(nodeid: str) -> str:
    if "test_gap" in nodeid:
        return "gap"
    return next(name for name, rate in RATES.items() if f"-{rate}]" in nodeid)


def _write(root: Path, name: str, text: str) -> None:
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def _run(root: Path, *argv: str) -> None:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **IDENTITY, "PATH": path, "HOME": str(root.parent / "out")}
    subprocess.run(argv, cwd=root, env=env, check=False, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
