"""Ask ``ft impact`` before an edit, after it and after its revert, and hold warm against it.

    python -m benchmarks.impact ROOT SRC --edits 20

Edits are seeded faults of the code in SRC, each fourth one an added import. The answers have to be
the same three times, and hold every test that warm runs after the edit.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from firsttry_tasks.parity import faults
from firsttry_tasks.parity.faults import Fault

LIMIT = 600
REPORT = "artifacts/warm_parity_report.json"


def main() -> int:
    """Play the edits; print a line for each, and return 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("src")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    root = asked.root.resolve()
    _ft(root, "warm")
    wrong = 0
    for number, edit in enumerate(_edits(root, asked.src, asked.edits, asked.seed), 1):
        good, line = _play(root, edit)
        wrong += not good
        print(f"{number:3} {line}", flush=True)
    print(f"{wrong} of {asked.edits} wrong")
    return int(wrong > 0)


def _edits(root: Path, src: str, count: int, seed: int) -> list[Fault]:
    """Return faults, and in the place of each fourth an import of another module of the code."""
    paths = sorted(it.relative_to(root).as_posix() for it in (root / src).rglob("*.py"))
    dice = random.Random(seed)
    found = faults.draw(root, paths, (), count, seed)
    names = sorted({it.stem for it in Path(os.__file__).parent.glob("[a-z]*.py")})
    for place in range(3, count, 4):
        path = dice.choice(paths)
        other = dice.choice([*(it for it in paths if it != path), None])
        name = dice.choice(names) if other is None else _dotted(other, src)
        line = f"\ntry:\n    import {name}\nexcept ImportError:\n    pass\n"
        end = len((root / path).read_bytes())
        found[place] = Fault(kind=f"import {name}", path=path, line=0, start=end, end=end, new=line)
    return found


def _dotted(path: str, src: str) -> str:
    inside = Path(path).relative_to(src).with_suffix("")
    return ".".join((Path(src).name, *inside.parts)).removesuffix(".__init__")


def _play(root: Path, edit: Fault) -> tuple[bool, str]:
    """Return whether all answers agree, and a line that says what they came to."""
    place = root / edit.path
    text = place.read_bytes()
    said = [_impact(root, edit.path)]
    edit.apply(root)
    said.append(_impact(root, edit.path))
    _ft(root, "warm")
    ran = _selected(root)
    place.write_bytes(text)
    said.append(_impact(root, edit.path))
    _ft(root, "warm")
    missing = sorted(ran - said[0])
    same = said[0] == said[1] == said[2]
    told = f"{len(said[0])} said, {len(ran)} ran, {len(missing)} not said, the same: {same}"
    return same and not missing, f"{edit.kind} {edit.path}:{edit.line}: {told} {missing[:2]}"


def _impact(root: Path, path: str) -> set[str]:
    return set(_ft(root, "impact", path)["tests"])


def _selected(root: Path) -> set[str]:
    """Return the tests that the last warm run selected; none where it found itself up to date."""
    report = json.loads((root / REPORT).read_bytes())
    [line] = [it for it in report["gates"] if it["result"]["gate"] == "tests"]
    detail = line["result"]["tests"]
    return set() if line["cached"] or not detail else set(detail["why"])


def _ft(root: Path, *words: str) -> dict[str, Any]:
    argv = [sys.executable, "-P", "-m", "firsttry_tasks", *words, "--json"]
    done = subprocess.run(argv, cwd=root, capture_output=True, check=False, timeout=LIMIT)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
