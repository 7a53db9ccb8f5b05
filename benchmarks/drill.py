"""The fault drill: whether warm, in real projects, fails every test that pytest fails.

Usage: python -m benchmarks.drill --project PATH:SRC[:DATA-GLOB] ... --python PYTHON --faults 40

Each project is a git checkout; SRC is its package, or the folder that holds it. ``ft drill`` makes
the faults (``firsttry_tasks/parity/faults.py``), in data files that match the glob, too.
"""

import sys

from benchmarks import playing
from benchmarks.playing import Proved

COLUMNS = (
    "project",
    "faults",
    "broke a test",
    "failing tests",
    "missed",
    "tests run",
    "mean",
    "median",
    "warm/all time",
    "warm/all CPU",
)


def main() -> int:
    """Drill each project; end with 1 if a failing test was missed."""
    parser = playing.parser(__doc__, "drill.json")
    parser.add_argument("--faults", type=int, default=40, help="faults a project")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    words = ("--faults", str(asked.faults), "--seed", str(asked.seed))
    found = playing.proved(asked, "drill", *words)
    return playing.finish(found, table(found))


def table(found: list[Proved]) -> str:
    """Return the sums of each project as a Markdown table.

    "Tests run" are a share of all the runs' tests together; mean and median are of the faults.
    """
    return playing.head(COLUMNS) + "".join(map(_row, found))


def _row(one: Proved) -> str:
    sums, played = one.proof.sums, playing.judged(one.proof)
    share = sum(it.ran for it in played) / sum(it.total for it in played)
    cells = (
        one.project,
        sums.judged,
        sums.telling,
        sums.tests,
        sums.missed,
        f"{share:.1%}",
        f"{sums.mean:.1%}",
        f"{sums.median:.1%}",
        *playing.ratios(played),
    )
    return playing.row(cells)


if __name__ == "__main__":
    sys.exit(main())
