"""Are gaps never excused, and flakes hardly ever accused? python benchmarks/flakes.py [INQUIRIES].

Real parity runs of one project with many tests that fail at random, at rates of 10, 50 and 90 %,
and some that are true selection gaps: they read a cache in the home, which no recording follows.
Every test draws from its own seeded sequence. It goes on until so many inquiries into random tests
were made. Aims: no gap is excused, and at most 2 % of the differences of tests with a rate of 50 %
block.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from firsttry_tasks.values import Divergences

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


def main() -> int:
    """Run parities until there are enough inquiries; 1 where an aim is missed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else INQUIRIES
    seen: Counter[tuple[str, str]] = Counter()
    seed = 0
    while sum(n for (name, _), n in seen.items() if name != "gap") < wanted:
        seed += 1
        seen.update(_parity(seed))
        print(f"after {seed} parity runs: {dict(sorted(seen.items()))}", flush=True)
    coins = {kind: n for (name, kind), n in seen.items() if name == "coin"}
    accused = coins.get("blocks", 0)
    excused = seen["gap", "excused"]
    share = accused / max(1, sum(coins.values()))
    all_coins = sum(coins.values())
    print(f"gaps excused: {excused}; coins accused: {accused} of {all_coins} ({share:.1%})")
    return int(bool(excused) or share > 0.02)


def _parity(seed: int) -> list[tuple[str, str]]:
    """Run one parity and return for each difference what it was, and whether it blocks."""
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
        found = msgspec.json.decode(
            (root / "artifacts/divergence.json").read_bytes(), type=Divergences
        )
        return [
            (_name(it.nodeid or ""), "blocks" if it.blocks else "excused")
            for it in found.divergences
        ]


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
