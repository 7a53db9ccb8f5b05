"""Record rows of the matrix once, with the real recorder, for the harness that runs nothing.

A row that is recorded and says what it said then is left alone; so a run that was broken off goes
on where it stopped.
"""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tests.soundness import recordings
from tests.soundness.case import Case, again
from tests.soundness.harness import VoidCaseError, watch
from tests.soundness.inside import Taken, look, run
from tests.soundness.kinds import every
from tests.soundness.recordings import Recording, Run
from tests.soundness.replay import OutdatedError, UnplayedError, play
from tests.soundness.run import there
from tests.soundness.subjects import Ran

_NOBODY = Ran(status=0, ran=frozenset(), failed=frozenset())
Trees = Sequence[dict[str, str]]


class Recorder:
    """The subject that records: it learns, and of the answer it takes only the tree."""

    def __init__(self, case: Case) -> None:
        """Prepare for the runs of one row."""
        self._before_answer = 1 + sum(step is again for step in case.change)
        self.root = Path()
        self.runs: list[Run] = []
        self.trees: list[dict[str, str]] = []

    def __call__(self, root: Path, folder: Path, extra: Mapping[str, str]) -> Ran:
        """Run once in the checkout; another one begins anew."""
        if root != self.root:
            self.root, self.runs, self.trees = root, [], []
        if len(self.runs) == self._before_answer:
            self.trees.append(look(root, folder, extra))
            return _NOBODY
        before = _contents(root)
        taken = run(root, folder, extra)
        self.trees.append(taken.tree)
        self.runs.append(Run(taken=_bare(taken), wrote=written(before, _contents(root))))
        return taken.ran


def _bare(taken: Taken) -> Taken:
    ran = Ran(status=taken.ran.status, ran=taken.ran.ran, failed=taken.ran.failed)
    return msgspec.structs.replace(taken, ran=ran, tree={})


def _contents(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def written(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, str | None]:
    """Return what a run wrote, as text, and what it deleted."""
    paths = sorted(before.keys() | after.keys())
    moved = [path for path in paths if before.get(path) != after.get(path) and not _own(path)]
    return {path: after[path].decode("latin-1") if path in after else None for path in moved}


def _own(path: str) -> bool:
    return any(
        part.startswith(".") or part in {"__pycache__", "artifacts"} for part in path.split("/")
    )


def record(case: Case) -> Recording:
    """Record one row, and say whether it can be played from that."""
    recorder = Recorder(case)
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        seen = watch(case, recorder, Path(base).resolve())
    truth = Ran(status=seen.truth.status, ran=seen.truth.ran, failed=seen.truth.failed)
    made = Recording(
        name=case.name,
        key=recordings.key(case, seen.importer),
        runs=tuple(recorder.runs),
        truth=truth,
        importer=seen.importer,
        lacks=seen.lacks,
    )
    return msgspec.structs.replace(made, unplayed=hindrance(case, made, recorder.trees))


def hindrance(case: Case, recording: Recording, trees: Trees) -> str:
    """Return why a row can't be played in one process, "" where it can."""
    if case.rerun:
        return "only the run of the selected tests tells which others have to run"
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        try:
            played = play(case, recording, Path(base).resolve())
        except (UnplayedError, OutdatedError) as why:
            return str(why)
    for walked, asked in zip(_moves(played.trees), _moves(trees), strict=False):
        if walked != asked:
            return f"git sees other files: {min(walked ^ asked)}"
    return ""


def _moves(trees: Sequence[dict[str, str]]) -> list[set[str]]:
    """Return the paths of the first tree, then those by which each differs from the one before."""
    pairs = itertools.pairwise(trees)
    moves = [{p for p in a.keys() | b.keys() if a.get(p) != b.get(p)} for a, b in pairs]
    return [set(trees[0]), *moves] if trees else []


def main() -> int:
    """Record the rows asked for that are new, or say something else than when they were."""
    asked = _arguments()
    known = recordings.read()
    rows = every()
    wanted = [case for case in rows if asked.case in case.name and there(case)]
    for case in wanted:
        if asked.again or recordings.stale(case, known):
            try:
                known[case.name] = record(case)
            except VoidCaseError as void:
                sys.stdout.write(f"VOID {void}\n")
                continue
            recordings.write(rows, known)
            sys.stdout.write(f"{case.name} {known[case.name].unplayed}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.record", description=__doc__)
    parser.add_argument("--case", default="", help="only rows whose name holds this")
    parser.add_argument("--again", action="store_true", help="also those that are up to date")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
