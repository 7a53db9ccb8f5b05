"""What each refinement of selection buys: tests selected with it and without it.

    python -m benchmarks.refinements --project click:src --project boltons:boltons --state FOLDER

Projects and recordings are those of ``benchmarks.witness``, which are made where there are none.
Edits are seeded faults, edits that change no value, and commits of HEAD's history that are
reversed. With --rows the rows of the matrix are played from their recordings: a row needs a
refinement if more runs without it. The table is written into docs/soundness.md, too. Ends with 1
where switching a refinement off left out a test, or missed a change.
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
from firsttry_tasks.model.refinements import REFINEMENTS, Refinement
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.system import disk
from tests.soundness import recordings
from tests.soundness.kinds import every
from tests.soundness.replay import play, without_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firsttry_tasks.model.values import Selection
    from tests.soundness.case import Case
    from tests.soundness.harness import Outcome
    from tests.soundness.recordings import Recording

RESULT = RESULTS / "refinements.json"
PAGE = Path(__file__).parents[1] / "docs" / "soundness.md"
TITLE = "## What each refinement buys"
GROUPS = ("faults", "no value", "commits")
#: How wide a row's outcome is.
_WIDTH = ("nothing", "exact", "importers", "some", "coarse", "closed")
_MISSED = ("escape", "partial")


class Edit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One edit, and the tests that are selected for it, in percent."""

    kind: str
    place: str
    #: With all refinements.
    all: float
    #: Without one of them, where that is another number.
    without: dict[Refinement, float] = {}
    #: Tests that were left out although more should be selected; none are.
    lost: dict[Refinement, str] = {}


class Row(Struct, frozen=True, kw_only=True):
    """What one project says, by groups of edits."""

    project: str
    tuned: bool
    tests: int
    edits: dict[str, list[Edit]]


class Found(Struct, frozen=True, kw_only=True):
    """What all projects and the matrix say."""

    projects: dict[str, Row] = {}
    rows: dict[Refinement, list[str]] = {}
    missed: dict[Refinement, list[str]] = {}


#: Stands for the edits of a group that has none.
_NONE = Edit(kind="", place="", all=0.0)


def main() -> int:
    """Ask the projects, play the rows, print, write; what was found earlier of others stays."""
    asked = _arguments()
    place = Path(asked.json)
    found = disk.read_json(place, Found) or Found()
    if asked.rows:
        found = replace(found, rows={}, missed={})
        _play(found)
    for spec in asked.project:
        row = _project(spec, asked)
        found.projects[row.project] = row
        disk.write_json(place, found)
    disk.write_json(place, found)
    print(section(found))
    if place == RESULT:
        PAGE.write_text(inserted(PAGE.read_text("utf-8"), section(found)), "utf-8")
    lost = [it for row in found.projects.values() for edits in row.edits.values() for it in edits]
    return int(bool(found.missed) or any(it.lost for it in lost))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", action="append", default=[])
    parser.add_argument("--tuned", action="append", default=[], help="name of a project")
    parser.add_argument("--state", required=True, help="where recordings are kept")
    parser.add_argument("--python", default=sys.executable, help="runs the projects' tests")
    parser.add_argument("--edits", type=int, default=40, help="of each group")
    parser.add_argument("--commits", type=int, default=20, help="reversed commits a project")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", action="store_true", help="play the rows of the matrix")
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
        edits = {
            "faults": [seen.look(*at) for at in asking.edits(faults, 0)],
            "no value": [seen.look(*at) for at in asking.edits(idle, 0)],
            "commits": [seen.look(*at) for at in asking.edits((), asked.commits)],
        }
    return Row(project=name, tuned=name in asked.tuned, tests=seen.tests, edits=edits)


class _Seen:
    """What is selected for each edit of one project."""

    def __init__(self, asking: witness.Asking, learnt: witness.Asking) -> None:
        self._asking = asking
        self._learnt = learnt
        self.tests = 0

    def look(self, kind: str, place: str) -> Edit:
        """Ask with all refinements, and without each one."""
        now = self._asking.now()
        found = choose(self._asking.recorded_runs, now)
        self.tests = max(self.tests, found.total)
        edit = Edit(kind=kind, place=place, all=_share(found), without={}, lost={})
        for one in REFINEMENTS:
            runs = (self._learnt if one == "makers" else self._asking).recorded_runs
            other = choose(runs, replace(now, without=frozenset({one})))
            if _share(other) != edit.all:
                edit.without[one] = _share(other)
            lost = set() if other.everything else _needed(found) - other.why.keys()
            if lost:
                edit.lost[one] = min(lost)
        print(kind, place, edit.all, edit.without, file=sys.stderr, flush=True)
        return edit


def _needed(found: Selection) -> set[str]:
    """Return the tests that are selected for what they use, and not to try an import."""
    return {nodeid for nodeid, why in found.why.items() if "may raise now" not in why}


def _share(found: Selection) -> float:
    return 100.0 if found.everything else round(100 * len(found.why) / max(1, found.total), 1)


def _play(found: Found) -> None:
    """Note for which rows more runs without a refinement, and which are missed then."""
    known = recordings.read()
    for case in every():
        recording = known.get(case.name)
        if recording is None or recording.unplayed:
            continue
        outcomes = _outcomes(case, recording)
        before = outcomes.pop(None)
        for one, after in outcomes.items():
            if one is not None and after in _MISSED and before not in _MISSED:
                found.missed.setdefault(one, []).append(case.name)
            elif one is not None and _width(after) > _width(before):
                found.rows.setdefault(one, []).append(case.name)


def _outcomes(case: Case, recording: Recording) -> dict[Refinement | None, Outcome]:
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        found = without_each(case, recording, Path(base).resolve(), REFINEMENTS)
    # Who made what is worked out where a run is learnt.
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        played = play(case, recording, Path(base).resolve(), frozenset({"makers"}))
    return found | {"makers": played.result.outcome}


def _width(outcome: Outcome) -> int:
    return _WIDTH.index(outcome) if outcome in _WIDTH else -1


def section(found: Found) -> str:
    """Return the table, as docs/soundness.md shows it."""
    rows = found.projects.values()
    heads = ("refinement", *map(_head, rows), "rows")
    lines = [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        _line("*all in force*", [_cell(row, _all) for row in rows], ""),
        *(_told(found, one) for one in REFINEMENTS),
    ]
    return "\n".join((TITLE, "", *_words(), "", *lines, ""))


def _head(row: Row) -> str:
    edits = sum(map(len, row.edits.values()))
    return f"{row.project}{' *' if row.tuned else ''} ({edits} edits)"


def _words() -> Iterator[str]:
    yield from (
        "`python -m benchmarks.refinements` asks about recordings of real projects, and plays the",
        "rows of this page, with all refinements and with one switched off. A cell has the tests",
        "that are selected, in percent, as the mean over seeded faults / over edits that change no",
        "value / over reversed commits: with all refinements in the first line, and how many more",
        "without the one that the line names. The last column counts the rows on this page for",
        "which more tests run without it. What is known is of HEAD~10, and of HEAD where that ran",
        "tests anew. Projects marked with * were looked at while refinements were written.",
    )


def _cell(row: Row, number: Callable[[Edit], float], sign: str = "") -> str:
    """Return the means of a number over the edits of each group, with a sign where they tell."""
    cells = []
    for group in GROUPS:
        mean = round(statistics.fmean(map(number, row.edits[group] or [_NONE])), 1)
        told = f"{mean:{sign}.1f}" if mean else "0"
        cells.append(told if row.edits[group] else "-")
    return " / ".join(cells)


def _all(edit: Edit) -> float:
    return edit.all


def _told(found: Found, one: Refinement) -> str:
    def more(edit: Edit) -> float:
        return edit.without.get(one, edit.all) - edit.all

    cells = [_cell(row, more, "+") for row in found.projects.values()]
    return _line(f"`{one}`: {REFINEMENTS[one]}", cells, str(len(found.rows.get(one, ()))))


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
