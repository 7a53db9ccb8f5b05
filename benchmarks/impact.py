"""Ask ``ft impact`` before an edit, after it and after its revert, and hold warm against it.

    python -m benchmarks.impact --project ROOT:SRC ... --python PYTHON --edits 20

Each project is a clone of its own, in which edits of the code in SRC are played one after the
other: seeded faults, each fourth one an added import. The answers have to be the same three times,
and hold every test that warm runs after the edit. PYTHON has the project's requirements and
FirstTry.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from benchmarks import playing
from firsttry_tasks.parity import faults
from firsttry_tasks.parity.faults import Fault

if TYPE_CHECKING:
    import argparse

LIMIT = 600
REPORT = "artifacts/warm_parity_report.json"


class Edit(Struct, frozen=True, kw_only=True):
    """One edit: how many tests were named before it, after it, after its revert, and what ran.

    ``apart`` are tests that one answer names and another does not, each with its reasons;
    ``missing`` those that warm ran and the first answer does not name.
    """

    kind: str
    place: str
    named: tuple[int, int, int]
    ran: int
    apart: dict[str, list[str]]
    missing: dict[str, str]

    @property
    def good(self) -> bool:
        """Tell whether all answers agree, and name what ran."""
        return not self.apart and not self.missing


class Played(Struct, frozen=True, kw_only=True):
    """What the edits of one project came to."""

    project: str
    commit: str
    tests: int
    edits: tuple[Edit, ...]


def main() -> int:
    """Play the edits; print a line for each, and return 1 where an answer was wrong."""
    parser = playing.parser(__doc__, "impact.json")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = []
    for word in asked.project:
        place, _, src = word.partition(":")
        found.append(_project(Path(place).resolve(), src, asked))
        text = msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1)
        Path(asked.json).write_bytes(text + b"\n")
    print(table(found))
    return int(not all(edit.good for one in found for edit in one.edits))


def _project(root: Path, src: str, asked: argparse.Namespace) -> Played:
    ft = Ft(root, asked.python)
    ft("warm")
    edits = []
    for number, edit in enumerate(_edits(root, src, asked.edits, asked.seed), 1):
        edits.append(_play(ft, edit))
        print(f"{number:3} {edits[-1].good} {edits[-1]}", flush=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()
    total = ft("impact", f"{edits[0].place.partition(':')[0]}")["total"]
    return Played(project=root.name, commit=commit, tests=total, edits=tuple(edits))


class Ft:
    """``ft`` in one project; its answers as JSON."""

    def __init__(self, root: Path, python: str) -> None:
        """Remember where, and by which Python."""
        self.root = root
        self.python = python

    def __call__(self, *words: str) -> dict[str, Any]:
        """Run a command and return its answer."""
        argv = [self.python, "-P", "-m", "firsttry_tasks", *words, "--json"]
        done = subprocess.run(argv, cwd=self.root, capture_output=True, check=False, timeout=LIMIT)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def impact(self, path: str) -> dict[str, str]:
        """Return the tests that an edit of a file selects, with the reasons."""
        tests: dict[str, str] = self("impact", path)["tests"]
        return tests

    def selected(self) -> dict[str, str]:
        """Return the tests that a warm run selects; none where it finds itself up to date."""
        self("warm")
        report = json.loads((self.root / REPORT).read_bytes())
        [line] = [it for it in report["gates"] if it["result"]["gate"] == "tests"]
        detail = line["result"]["tests"]
        return {} if line["cached"] or not detail else detail["why"]


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


def _play(ft: Ft, edit: Fault) -> Edit:
    """Ask three times around an edit, with a warm run after it and one after its revert."""
    place = ft.root / edit.path
    text = place.read_bytes()
    before = ft.impact(edit.path)
    edit.apply(ft.root)
    after = ft.impact(edit.path)
    ran = ft.selected()
    place.write_bytes(text)
    reverted = ft.impact(edit.path)
    ft("warm")
    said = (before, after, reverted)
    some = before.keys() | after.keys() | reverted.keys()
    return Edit(
        kind=edit.kind,
        place=f"{edit.path}:{edit.line}",
        named=(len(before), len(after), len(reverted)),
        ran=len(ran),
        apart={
            test: [it.get(test, "not named") for it in said]
            for test in sorted(some)
            if not all(test in it for it in said)
        },
        missing={test: why for test, why in ran.items() if test not in before},
    )


def table(found: list[Played]) -> str:
    """Return the projects as a Markdown table."""
    head = (
        "| project | edits | the same answer | all that ran named | named | ran |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "".join(map(_row, found))


def _row(one: Played) -> str:
    named = [number for edit in one.edits for number in edit.named]
    ran = [edit.ran for edit in one.edits]
    same, whole = (sum(not part for part in parts) for parts in _parts(one))
    return (
        f"| {one.project} | {len(one.edits)} | {same} | {whole} "
        f"| {min(named)} to {max(named)} of {one.tests} | {min(ran)} to {max(ran)} |\n"
    )


def _parts(one: Played) -> tuple[list[dict[str, list[str]]], list[dict[str, str]]]:
    return [edit.apart for edit in one.edits], [edit.missing for edit in one.edits]


if __name__ == "__main__":
    sys.exit(main())
