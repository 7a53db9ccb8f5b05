"""The witness of a refactoring: what the selector chooses in real projects, and why, as digests.

Usage: python -m benchmarks.witness --project PATH:SRC[:DATA-GLOB] ... --state FOLDER [--record]

Each project is a git checkout; SRC is its package, or the folder that holds it. The recorder runs
once a project, and what it wrote is kept in the state folder, as the recorder wrote it: the code
under test makes its db of that itself, then answers for each edit in this one process, without a
run of pytest. So two versions of the package that print the same have the same parser, the same
dependencies and the same choices. The newest recording is of HEAD, where what changed since an
older one ran; edits are seeded faults, and commits of HEAD's history that are reversed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from benchmarks import project as checkouts
from benchmarks.harness import RESULTS
from firsttry_tasks import fingerprint
from firsttry_tasks.dependency_db import DependencyDb, Door
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.gates import pytest_events
from firsttry_tasks.model import state_paths
from firsttry_tasks.parity.faults import draw
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.evidence.recorded_run import SeenOfRun
from firsttry_tasks.steps.run import pytest_run, recording
from firsttry_tasks.steps.run.project import Project
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.parity.faults import Fault
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

#: What is recorded, in this order: most recorded runs that choose speak for a part of the tests
#: only.
_COMMITS = ("HEAD~10", "HEAD")
#: One fault in so many lies outside of the package: in tests, mostly.
_ELSEWHERE = 5
_WORK = f"{state_paths.STATE}/warm/tests"
#: What every file outside the tree is said to hold.
_AWAY = "away"
_RECORDS, _EVENTS = "records", "events.jsonl"


class Row(Struct, frozen=True, kw_only=True):
    """What was chosen for one edit.

    ``choice`` is the digest of what runs and what need not, ``whole`` that of the reasons, too.
    """

    project: str
    kind: str
    place: str
    selected: str
    choice: str
    whole: str

    def line(self) -> str:
        """Return the row as it is printed."""
        what = f"{self.project:10} {self.kind:15} {self.place:48} {self.selected:>14}"
        return f"{what} {self.choice[:16]} {self.whole}"


class Witness(Struct, frozen=True, kw_only=True):
    """What all choices come to, as it is written to ``benchmarks/results``."""

    choices: str
    digest: str
    lines: tuple[str, ...]


def main() -> int:
    """Record what is not recorded, ask, print, write."""
    asked = _arguments()
    rows: list[Row] = []
    if asked.choices:
        asked.choices.unlink(missing_ok=True)
    for spec in asked.project:
        source, src, *globs = spec.split(":")
        state = Path(asked.state).resolve()
        held = checkouts.named(source)
        records = state / f"{held}.{_RECORDS}"
        if asked.record or not records.exists():
            record(source, state, asked.python, src, records)
        project = checkouts.Project(held, state / held, asked.python, src)
        with tempfile.TemporaryDirectory(prefix="witness-") as folder:
            asking = Asking(project, records, Path(folder) / "db", asked.choices)
            faults = drawn(project, src, globs, asked.faults, asked.seed)
            for row in asking.rows(faults, asked.commits):
                print(row.line(), flush=True)
                rows.append(row)
    found = witness(rows)
    print(f"{len(rows)} choices {found.choices}\nwith reasons {found.digest}")
    disk.write_json(Path(asked.json), found)
    return 0


def arguments(said: str | None) -> argparse.ArgumentParser:
    """Return what takes the projects, and where their recordings are kept."""
    parser = argparse.ArgumentParser(
        description=said, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--state", required=True, help="where recordings are kept")
    parser.add_argument("--record", action="store_true", help="record anew")
    parser.add_argument("--python", default=sys.executable, help="runs the projects' tests")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _arguments() -> argparse.Namespace:
    parser = arguments(__doc__)
    parser.add_argument("--faults", type=int, default=100, help="faults a project")
    parser.add_argument("--commits", type=int, default=20, help="reversed commits a project")
    parser.add_argument("--choices", type=Path, help="write each choice there, a line each")
    parser.add_argument("--json", default=str(RESULTS / "witness.json"))
    return parser.parse_args()


def canonical(found: Selection, *, reasons: bool = True) -> bytes:
    """Return a choice as JSON: equal choices give equal bytes, whatever order they were made in."""
    parts = {
        "why": found.why if reasons else sorted(found.why),
        "files": found.files if reasons else sorted(found.files),
        "everything": found.everything if reasons else bool(found.everything),
        "stable": sorted(found.skip_tests),
        "quiet": sorted(found.skip_files),
        "total": found.total,
    }
    return msgspec.json.encode(parts, order="sorted")


def row(project: str, kind: str, place: str, found: Selection) -> Row:
    """Return what was chosen in short."""
    number = "all" if found.everything else f"{len(found.why)}+{len(found.files)}/{found.total}"
    return Row(
        project=project,
        kind=kind,
        place=place,
        selected=number,
        choice=disk.digest(canonical(found, reasons=False)),
        whole=disk.digest(canonical(found)),
    )


def witness(rows: Iterable[Row]) -> Witness:
    """Return one digest over all choices, and one over all choices with their reasons."""
    held = tuple(rows)
    chosen = "\n".join(f"{it.project} {it.kind} {it.place} {it.choice}" for it in held)
    lines = tuple(it.line() for it in held)
    return Witness(
        choices=disk.digest(chosen.encode()),
        digest=disk.digest("\n".join(lines).encode()),
        lines=lines,
    )


def record(source: str, state: Path, python: str, src: str, records: Path) -> None:
    """Run the recorder at each commit, and keep what it wrote."""
    disk.remove(records)
    disk.remove(state / checkouts.named(source))
    state.mkdir(parents=True, exist_ok=True)
    project = checkouts.copy(source, state, python, src)
    made = state / f"{project.name}.making"
    disk.fresh_folder(made)
    for number, name in enumerate(_COMMITS):
        commit = project.git("rev-parse", f"origin/{name}").strip()
        project.git("checkout", "-qf", commit)
        project.settle()
        project.warm()
        work, kept = project.root / _WORK, made / f"{number}-{commit}"
        shutil.copytree(work / _RECORDS, kept)
        shutil.copy(work / _EVENTS, kept)
    made.rename(records)


def drawn(
    project: checkouts.Project, src: str, globs: list[str], count: int, seed: int
) -> list[Fault]:
    """Draw faults in the tree: most in the package, some in what lies around it."""
    tracked = project.git("ls-files").splitlines()
    code = [path for path in tracked if path.endswith(".py")]
    inside = [path for path in code if path.startswith(src)]
    data = [path for path in tracked if any(Path(path).match(glob) for glob in globs)]
    others = sorted(set(code) - set(inside))
    few = count // _ELSEWHERE
    most = draw(project.root, inside, data, count - few, seed)
    return most + draw(project.root, others, [], few, seed)


def _enter(project: checkouts.Project, recorded: Path) -> None:
    """Check out what was recorded, and nothing beside it."""
    project.git("checkout", "-qf", recorded.name.partition("-")[2])
    project.git("clean", "-qfdx")


def _timeless(recorded: Path) -> list[Record]:
    """Return what was recorded, as if each test took no time: the quickest of several is chosen."""
    return [
        replace(record, tests=tuple(replace(test, seconds=0.0) for test in record.tests))
        for record in recording.found(recorded)
    ]


class Asking:
    """Asks about one project, whose db is made of the recordings when this is."""

    def __init__(
        self,
        project: checkouts.Project,
        records: Path,
        db: Path,
        choices: Path | None = None,
        without: frozenset[Refinement] = frozenset(),
    ) -> None:
        """Learn from what was recorded, ``without`` some refinements."""
        self._project = project
        self._root = project.root
        self._choices = choices
        self._without = without
        self.recorded_runs: tuple[RecordedRun, ...] = ()
        for recorded in sorted(records.glob("[0-9]*")):
            _enter(project, recorded)
            self._learn(recorded, DependencyDb(db))
        self._memory = DependencyDb(db)
        self.recorded_runs = self._memory.recorded_runs()

    def rows(self, faults: Iterable[Fault], commits: int) -> Iterator[Row]:
        """Yield what is chosen for the tree as it is, for each fault, for each reversed commit."""
        yield self._row("nothing", self._project.git("rev-parse", "HEAD").strip()[:12])
        for kind, place in self.edits(faults, commits):
            yield self._row(kind, place)

    def edits(self, faults: Iterable[Fault], commits: int) -> Iterator[tuple[str, str]]:
        """Yield the kind and the place of each edit, while it is made."""
        for fault in faults:
            fault.apply(self._root)
            yield fault.kind, f"{fault.path}:{fault.line}"
            self._back()
        for commit in self._reversed(commits):
            yield "reversed commit", commit[:12]
            self._back()

    def _learn(self, recorded: Path, memory: DependencyDb) -> None:
        now = self.now(memory)
        events = (recorded / _EVENTS).read_text("utf-8")
        left = frozenset(pytest_events.hear(events.splitlines()).deselected_by_project)
        door = Door(
            read=lambda path: disk.read(self._root / path) or b"",
            before=lambda _path, _began: _AWAY,
            without=self._without,
        )
        seen = SeenOfRun(deselected=left)
        memory.learn(_timeless(recorded), now.manifest, now.parts, door, seen)

    def now(self, memory: DependencyDb | None = None) -> CurrentTree:
        """Return the tree as it is, in the environment that was recorded."""
        memory = memory or self._memory
        here = Project(self._root)
        files = fingerprint.readable("tests", here.look()[1], here.settings.inert)
        job = here.job("warm", "tests", tuple(files))
        found = pytest_run.now(here, job, Inputs(gate="tests", parts={}), files, memory)
        # Only the tree changes: variables are as they were recorded, whoever asks, and so are files
        # outside, where pytest removes the folders of tests some runs later.
        known = {name: it for one in self.recorded_runs for name, it in one.variables.items()}
        return replace(
            found, variable=lambda name: known.get(name, ""), outside=lambda _name: _AWAY
        )

    def _row(self, kind: str, place: str) -> Row:
        found = choose(self.recorded_runs, self.now())
        if self._choices:
            with self._choices.open("ab") as out:
                out.write(f"{self._project.name} {kind} {place} ".encode() + canonical(found))
                out.write(b"\n")
        return row(self._project.name, kind, place, found)

    def _reversed(self, count: int) -> Iterator[str]:
        """Reverse one commit after the other, the newest first; leave out what doesn't apply."""
        log = self._project.git("log", "--no-merges", "--format=%H", "HEAD", "--", "*.py").split()
        for commit in log:
            if count and self._undo(commit):
                count -= 1
                yield commit

    def _undo(self, commit: str) -> bool:
        patch = self._root.parent / f"{self._project.name}.patch"
        show = ("show", "--format=", "--binary", "--no-renames", f"--output={patch}", commit)
        self._project.git(*show)
        try:
            self._project.git("apply", "-R", "--whitespace=nowarn", str(patch))
        except subprocess.CalledProcessError:
            return False
        finally:
            patch.unlink()
        return True

    def _back(self) -> None:
        self._project.git("checkout", "-q", "--", ".")
        self._project.git("clean", "-qfd")


if __name__ == "__main__":
    sys.exit(main())
