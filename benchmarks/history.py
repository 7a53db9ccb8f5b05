"""Real history: whether warm, commit after commit, runs every test whose outcome changed.

Usage: python -m benchmarks.history --project PATH:SRC ... --python PYTHON --commits 60

Each project is a git repository with its history; SRC is its package, or the folder that holds it.
``ft replay`` plays it (``firsttry_tasks/steps/prove/``) and says what counts as missed.
"""

import sys

from benchmarks import playing
from benchmarks.playing import Proved

COLUMNS = (
    "project",
    "commits",
    "told apart",
    "changed outcomes",
    "of new tests",
    "flaky among them",
    "missed",
    "false reds",
    "tests run, mean",
    "median",
    "test files skipped",
    "warm/all time",
    "warm/all CPU",
)


def main() -> int:
    """Replay each project's history; end with 1 if a changed outcome was missed."""
    parser = playing.parser(__doc__, "history.json")
    parser.add_argument("--commits", type=int, default=60)
    asked = parser.parse_args()
    found = playing.proved(asked, "replay", "--commits", str(asked.commits))
    return playing.finish(found, table(found))


def table(found: list[Proved]) -> str:
    """Return the sums of each project as a Markdown table."""
    return playing.head(COLUMNS) + "".join(map(_row, found))


def _row(one: Proved) -> str:
    sums = one.proof.sums
    cells = (
        one.project,
        sums.judged,
        sum(sums.apart.values()),
        sums.tests,
        sums.new,
        sums.flaky,
        sums.missed,
        sums.false_red,
        f"{sums.mean:.1%}",
        f"{sums.median:.1%}",
        f"{sums.files_skipped:.1%}",
        *playing.ratios(playing.judged(one.proof)),
    )
    return playing.row(cells)


if __name__ == "__main__":
    sys.exit(main())
