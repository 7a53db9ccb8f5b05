"""Seeded edits beside the floor: tests selected, and tests that ran the function which was edited.

Usage: python -m benchmarks.beside_floor --project PATH:SRC ... --state FOLDER --python PYTHON

Projects and recordings are those of ``benchmarks.witness``, which are made where there are none.
Plain pytest runs once under coverage with a context for each test: the floor of an edit within a
function are the tests that ran a line of its body. Edits that change no value have no floor; of
those it is told how many tests each selects. Nothing is run to see what an edit breaks.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from benchmarks import idle_edits, playing, witness
from benchmarks import project as checkouts
from benchmarks.floor import covered, functions
from benchmarks.harness import RESULTS
from firsttry_tasks.parity import faults
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from coverage import CoverageData

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.parity.faults import Fault

#: Drawn for each edit that is wanted: most lie in no function that a test ran.
_DRAWN = 6
COLUMNS = (
    "project",
    "tests",
    "edits in functions",
    "selected / floor, median",
    "mean",
    "of sums",
    "selected, mean",
    "floor, mean",
    "no-value edits",
    "select nothing",
    "over 1 % of tests",
    "selected, mean",
)


class Edited(Struct, frozen=True, kw_only=True):
    """One edit: tests that were selected of all; ``floor`` is None where it changes no value.

    ``reasons`` are the commonest ones, with the number of tests that each is given for.
    """

    project: str
    kind: str
    place: str
    selected: int
    total: int
    floor: int | None
    left: int
    reasons: tuple[tuple[int, str], ...]


def main() -> int:
    """Print the table of all projects, and write each edit."""
    asked = _arguments()
    rows: list[Edited] = []
    for spec in asked.project:
        source, src = spec.split(":")
        state = Path(asked.state).resolve()
        held = checkouts.named(source)
        records = state / f"{held}.records"
        if asked.record or not records.exists():
            witness.record(source, state, asked.python, src, records)
        project = checkouts.Project(held, state / held, asked.python, src)
        rows += _edited(project, src, records, asked)
        sys.stdout.write(table([row for row in rows if row.project == held]))
        sys.stdout.flush()
        disk.write_json(Path(asked.json), rows)
    sys.stdout.write(table(rows))
    return 0


def _arguments() -> argparse.Namespace:
    parser = witness.arguments(__doc__)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--json", default=str(RESULTS / "beside_floor.json"))
    return parser.parse_args()


def _edited(
    project: checkouts.Project, src: str, records: Path, asked: argparse.Namespace
) -> Iterator[Edited]:
    with tempfile.TemporaryDirectory(prefix="floor-") as folder:
        asking = witness.Asking(project, records, Path(folder) / "db")
        if not asking.recorded_runs or not asking.recorded_runs[0].tests:
            raise SystemExit(f"{project.name}: no test was recorded; does plain pytest pass there?")
        project.settle()
        data = covered(project)
        tracked = project.git("ls-files", "*.py").splitlines()
        inside = [path for path in tracked if path.startswith(src)]
        drawn = faults.draw(project.root, inside, [], asked.edits * _DRAWN, asked.seed)
        floors = {it: _floor(project.root, data, it) for it in drawn}
        chosen = [it for it in drawn if floors[it]][: asked.edits]
        idle = idle_edits.draw(project.root, inside, asked.edits, asked.seed)
        edits = asking.edits([*chosen, *idle], 0)
        for fault, _ in zip([*chosen, *idle], edits, strict=True):
            found = choose(asking.recorded_runs, asking.now())
            found = replace(found, total=found.total or len(asking.recorded_runs[0].tests))
            yield _row(project.name, fault, found, floors.get(fault, frozenset()))


def _floor(root: Path, data: CoverageData, fault: Fault) -> frozenset[str]:
    bodies = functions((root / fault.path).read_text("utf-8"), {fault.line})
    by_line = data.contexts_by_lineno(str(root / fault.path))
    return frozenset(
        context.partition("|")[0]
        for number, contexts in by_line.items()
        if any(first <= number <= last for first, last in bodies)
        for context in contexts
        if context
    )


def _row(project: str, fault: Fault, found: Selection, floor: frozenset[str]) -> Edited:
    total = found.total
    selected = total if found.everything else len(found.why)
    counted: dict[str, int] = {}
    for why in [found.everything] if found.everything else found.why.values():
        counted[str(why)] = counted.get(str(why), 0) + 1
    reasons = sorted(((number, why) for why, number in counted.items()), reverse=True)[:5]
    return Edited(
        project=project,
        kind=fault.kind,
        place=f"{fault.path}:{fault.line}",
        selected=selected,
        total=total,
        floor=len(floor) or None,
        left=0 if found.everything else len(floor - set(found.why)),
        reasons=tuple(reasons),
    )


def table(rows: list[Edited]) -> str:
    """Return what the edits of each project come to as a Markdown table."""
    names = sorted({row.project for row in rows})
    groups = [[row for row in rows if row.project == name] for name in names]
    return playing.head(COLUMNS) + "".join(map(_line, groups))


def _line(group: list[Edited]) -> str:
    floored = [(row.selected, row.floor, row.total) for row in group if row.floor]
    idle = [row for row in group if not row.floor]
    ratios = [selected / floor for selected, floor, _ in floored]
    cells = (
        group[0].project,
        max(row.total for row in group),
        len(floored),
        f"{statistics.median(ratios):.2f}" if ratios else "-",
        f"{statistics.mean(ratios):.2f}" if ratios else "-",
        f"{sum(it[0] for it in floored) / max(sum(it[1] for it in floored), 1):.2f}",
        _mean(selected / total for selected, _, total in floored),
        _mean(floor / total for _, floor, total in floored),
        len(idle),
        sum(not row.selected for row in idle),
        sum(row.selected > row.total / 100 for row in idle),
        _mean(row.selected / row.total for row in idle),
    )
    return playing.row(cells)


def _mean(shares: Iterable[float]) -> str:
    held = list(shares)
    return f"{statistics.mean(held):.1%}" if held else "-"


if __name__ == "__main__":
    sys.exit(main())
