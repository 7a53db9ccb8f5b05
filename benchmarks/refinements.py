"""What each refinement of selection buys: tests selected with it and without it.

    python -m benchmarks.refinements --project click:src --project boltons:boltons --state FOLDER

Projects and recordings are those of ``benchmarks.witness``, which are made where there are none.
Edits are seeded faults, edits that change no value, and commits of HEAD's history that are
reversed. Then the rows of the matrix are played from their recordings: a row needs a refinement if
more runs without it. The table is written into docs/soundness.md, too. Ends with 1 where switching
a refinement off left out a test, or missed a change.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from benchmarks import idle_edits, witness
from benchmarks import project as checkouts
from benchmarks.harness import RESULTS
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.refinements import REFINEMENTS, Refinement
from firsttry_tasks.system import disk
from tests.soundness import recordings
from tests.soundness.kinds import every
from tests.soundness.replay import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.model.values import Selection
    from tests.soundness.case import Case
    from tests.soundness.recordings import Recording

RESULT = RESULTS / "refinements.json"
PAGE = Path(__file__).parents[1] / "docs" / "soundness.md"
TITLE = "## What each refinement buys"
GROUPS = ("faults", "no value", "commits")
#: How wide a row's outcome is; where one is missing, nothing is selected without need.
_WIDTH = ("nothing", "exact", "importers", "some", "coarse", "closed")
_NAMED = 3


class Row(Struct, frozen=True, kw_only=True):
    """Shares of the tests that are selected, in percent: the mean of each group of edits."""

    project: str
    tuned: bool
    tests: int
    edits: dict[str, int]
    #: With all refinements.
    all: dict[str, float]
    #: Without one of them.
    without: dict[Refinement, dict[str, float]]
    #: Tests that were left out although more should be selected; none are.
    lost: dict[Refinement, list[str]] = {}


class Found(Struct, frozen=True, kw_only=True):
    """What all projects and the matrix say."""

    projects: list[Row]
    rows: dict[Refinement, list[str]]
    missed: dict[Refinement, list[str]]


def main() -> int:
    """Ask the projects, play the rows, print, write."""
    asked = _arguments()
    found = Found(projects=[_project(it, asked) for it in asked.project], rows={}, missed={})
    if asked.rows:
        _play(found)
    disk.write_json(Path(asked.json), found)
    print(section(found))
    if Path(asked.json) == RESULT:
        PAGE.write_text(inserted(PAGE.read_text("utf-8"), section(found)), "utf-8")
    return int(bool(found.missed) or any(row.lost for row in found.projects))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", required=True)
    parser.add_argument("--tuned", action="append", default=[], help="name of a project")
    parser.add_argument("--state", required=True, help="where recordings are kept")
    parser.add_argument("--python", default=sys.executable, help="runs the projects' tests")
    parser.add_argument("--edits", type=int, default=40, help="of each group")
    parser.add_argument("--commits", type=int, default=20, help="reversed commits a project")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-rows", action="store_false", dest="rows", help="play no rows")
    parser.add_argument("--json", default=str(RESULT))
    return parser.parse_args()


def _project(spec: str, asked: argparse.Namespace) -> Row:
    source, src, *globs = spec.split(":")
    state = Path(asked.state).resolve()
    name = checkouts.named(source)
    records = state / f"{name}.records"
    if not records.exists():
        witness.record(source, state, asked.python, src, records)
    project = checkouts.Project(name, state / name, asked.python, src)
    with tempfile.TemporaryDirectory(prefix="refinements-") as folder:
        asking = witness.Asking(project, records, Path(folder) / "db")
        learnt = witness.Asking(
            project, records, Path(folder) / "makers" / "db", without=frozenset({"makers"})
        )
        code = [path for path in project.git("ls-files").splitlines() if path.endswith(".py")]
        inside = [path for path in code if path.startswith(src)]
        faults = witness.drawn(project, src, globs, asked.edits, asked.seed)
        idle = idle_edits.draw(project.root, inside, asked.edits, asked.seed)
        seen = _Seen(asking, learnt)
        for _ in asking.edits(faults, 0):
            seen.look("faults")
        for _ in asking.edits(idle, 0):
            seen.look("no value")
        for _ in asking.edits((), asked.commits):
            seen.look("commits")
    return seen.row(name, tuned=name in asked.tuned)


class _Seen:
    """What is selected for each edit of one project."""

    def __init__(self, asking: witness.Asking, learnt: witness.Asking) -> None:
        self._asking = asking
        self._learnt = learnt
        self._all: dict[str, list[float]] = {group: [] for group in GROUPS}
        self._without: dict[Refinement, dict[str, list[float]]] = {
            one: {group: [] for group in GROUPS} for one in REFINEMENTS
        }
        self._lost: dict[Refinement, list[str]] = {}
        self._tests = 0

    def look(self, group: str) -> None:
        """Ask with all refinements, and without each one."""
        now = self._asking.now()
        found = choose(self._asking.recorded_runs, now)
        self._tests = max(self._tests, found.total)
        self._all[group].append(_share(found))
        for one in REFINEMENTS:
            runs = (self._learnt if one == "makers" else self._asking).recorded_runs
            other = choose(runs, replace(now, without=frozenset({one})))
            self._without[one][group].append(_share(other))
            lost = _needed(found) - other.why.keys() if not other.everything else set()
            if lost:
                self._lost.setdefault(one, []).append(min(lost))

    def row(self, project: str, *, tuned: bool) -> Row:
        """Return what it comes to."""
        return Row(
            project=project,
            tuned=tuned,
            tests=self._tests,
            edits={group: len(shares) for group, shares in self._all.items()},
            all=_means(self._all),
            without={one: _means(groups) for one, groups in self._without.items()},
            lost=self._lost,
        )


def _needed(found: Selection) -> set[str]:
    """Return the tests that are selected for what they use, and not to try an import."""
    return {nodeid for nodeid, why in found.why.items() if "may raise now" not in why}


def _share(found: Selection) -> float:
    return 100.0 if found.everything else 100 * len(found.why) / max(1, found.total)


def _means(groups: dict[str, list[float]]) -> dict[str, float]:
    return {group: round(statistics.fmean(it), 1) if it else 0.0 for group, it in groups.items()}


def _play(found: Found) -> None:
    """Note for which rows more runs without a refinement, and which are missed then."""
    known = recordings.read()
    for case in every():
        recording = known.get(case.name)
        if recording is None or recording.unplayed or case.gap:
            continue
        before = _outcome(case, recording)
        for one in REFINEMENTS:
            after = _outcome(case, recording, one)
            if after in {"escape", "partial"} and before != after:
                found.missed.setdefault(one, []).append(case.name)
            elif {before, after} <= {*_WIDTH} and _WIDTH.index(after) > _WIDTH.index(before):
                found.rows.setdefault(one, []).append(case.name)


def _outcome(case: Case, recording: Recording, *without: Refinement) -> str:
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        played = play(case, recording, Path(base).resolve(), frozenset(without))
    return played.result.outcome


def section(found: Found) -> str:
    """Return the table, as docs/soundness.md shows it."""
    heads = ("refinement", *(_head(row) for row in found.projects), "rows")
    lines = [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        _line("*all in force*", [_cell(row.all) for row in found.projects], ""),
        *(_told(found, one) for one in REFINEMENTS),
    ]
    return "\n".join((TITLE, "", *_words(), "", *lines, ""))


def _words() -> Iterator[str]:
    yield from (
        "`python -m benchmarks.refinements` asks about recordings of real projects, and plays the",
        "rows of this page, with all refinements and with one switched off. A cell has the tests",
        "that are selected, in percent, as the mean over seeded faults / over edits that change no",
        "value / over reversed commits: with all refinements in the first line, and how many more",
        "without the one that the line names. The last column counts the rows on this page for",
        "which more tests run without it. Projects marked with * were looked at while refinements",
        "were written.",
    )


def _head(row: Row) -> str:
    return f"{row.project}{' *' if row.tuned else ''}"


def _cell(shares: dict[str, float]) -> str:
    return " / ".join(f"{shares[group]:.1f}" for group in GROUPS)


def _told(found: Found, one: Refinement) -> str:
    cells = []
    for row in found.projects:
        more = {group: row.without[one][group] - row.all[group] for group in GROUPS}
        cells.append(" / ".join(_more(more[group]) for group in GROUPS))
    rows = found.rows.get(one, [])
    few = ", ".join(f"`{name}`" for name in rows[:_NAMED]) if len(rows) <= _NAMED else ""
    return _line(f"`{one}`: {REFINEMENTS[one]}", cells, f"{len(rows)} {few}".strip())


def _more(points: float) -> str:
    return f"+{points:.1f}" if abs(points) >= 0.05 else "0"


def _line(name: str, cells: list[str], rows: str) -> str:
    return f"| {' | '.join((name, *cells, rows))} |"


def inserted(page: str, table: str) -> str:
    """Return a page with the table in place of the one that it has, or before its rows."""
    head, mark, rest = page.partition(TITLE)
    if mark:
        return f"{head}{table}\n{_after(rest)}"
    head, mark, rest = page.partition("## Class body")
    return f"{head}{table}\n{mark}{rest}"


def _after(table: str) -> str:
    return table[table.index("\n## ") + 1 :]


if __name__ == "__main__":
    sys.exit(main())
