"""Write docs/soundness.md from what the subjects did with the matrix."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks.refinements import RESULT, Found, section
from firsttry_tasks.system import disk
from tests.soundness.harness import Result
from tests.soundness.kinds import every

WORDS = {
    "exact": "seen",
    "importers": "seen, importers too",
    "coarse": "seen, others too",
    "closed": "all run",
    "stopped": "stops",
    "refused": "refuses",
    "partial": "**in part**",
    "escape": "**missed**",
    "nothing": "nothing runs",
    "some": "**runs**",
}
_COLUMNS = ("exact", "importers", "coarse", "closed", "stopped", "refused", "escape")
_HEAD = """\
# What a warm run sees

A warm run is green only if no test that could be red was left out. This page says, for each kind
of change, whether that holds. Every row is a test: a small repository is built, its tests are
learnt, one thing is changed that breaks one of them, the subject runs, and plain pytest in a fresh
process is the truth. The same cases are played with `pytest --testmon` alone.

Two bystanders stand in each repository. The first is a test that has nothing to do with the
change. The second imports the module that the change edits, and uses nothing of what changed;
where no module is edited, or a test can't import it before and after, there is no second one.

| word | meaning |
|---|---|
| seen | the broken test ran and was red; neither bystander ran |
| seen, importers too | so, but the second bystander ran |
| importers run | nothing can break, and the second bystander ran all the same |
| seen, others too | the broken test was red; the test that has nothing to do with it ran as well |
| all run | the change can't be told apart: every test ran, and the report says why |
| stops | the run ended without an answer, not green |
| refuses | these tests can't be run so at all, before any change |
| **in part** | red, but a broken test was left out |
| **missed** | green, where plain pytest is red |

The row `NAME` is the test
`tests/soundness/test_matrix.py::test_no_broken_test_is_missed[NAME]`
(`test_nothing_runs_without_need[NAME]` under "Nothing to break",
`test_a_limit_is_where_we_say_it_is[NAME]` under "Known limit"). A row marked *not run* was not
played, or needs a package that was not there.

This page is generated:

```
python -m tests.soundness.run --subject testmon  --json testmon.json
python -m tests.soundness.run --subject firsttry --json firsttry.json
python -m tests.soundness.page testmon.json firsttry.json > docs/soundness.md
```

`--subject recorded` makes the column of FirstTry from recordings of these rows, in seconds: the
choice is made anew, and how each test ends is known. A few rows are left out then, which
`--subject firsttry` plays. `make test-matrix` holds each choice so made to a real run.

What is chosen rests on three layers:

- *Seen*: a test depends on the functions that ran for it, on the module-level code of what these
  import, and on what it was seen to look at. So it is with its fixtures, its collectors, start-up,
  and what an earlier test left behind.
- *By names*: a module-level statement that only binds names counts for those who may use such a
  name, as it is written, within what they import.
- *Refinements*: of what refers so, each says why a change doesn't concern it. None is needed for
  soundness: without one, as many tests or more run. `[tool.firsttry.selection] without` switches
  them off. One that saves less than 2 % of the tests in each project that was asked, and that no
  row below needs, is taken away.
"""

Results = Mapping[str, Result]


def main() -> None:
    """Read the files named on the command line, and print the page."""
    found = _read(map(Path, sys.argv[1:]))
    sys.stdout.write(page(found.get("testmon", {}), found.get("firsttry", {})))


def _read(places: Iterable[Path]) -> dict[str, dict[str, Result]]:
    """Return the results of each subject; of two results of a case the later one stands."""
    found: dict[str, dict[str, Result]] = {}
    for place in places:
        for result in msgspec.json.decode(place.read_bytes(), type=list[Result]):
            found.setdefault(result.subject, {})[result.name] = result
    return found


def page(testmon: Results, firsttry: Results) -> str:
    """Return the whole page."""
    kinds = list(dict.fromkeys(case.kind for case in every()))
    sections = [_section(kind, testmon, firsttry) for kind in kinds]
    bought = section(disk.read_json(RESULT, Found) or Found())
    return "\n".join((_HEAD, _sums(testmon, firsttry), bought, *sections))


def _sums(testmon: Results, firsttry: Results) -> str:
    breaking = [case.name for case in every() if case.want in {"seen", "closed"}]
    rows = [
        (name, [found[case] for case in breaking if case in found])
        for name, found in (("pytest --testmon", testmon), ("FirstTry", firsttry))
    ]
    heads = ("", *(WORDS[column] for column in _COLUMNS[:-1]), "missed (in part)")
    lines = [
        f"## {len(breaking)} changes that break a test",
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(_sum(name, results) for name, results in rows),
        "",
        *(_lacking(name, results) for name, results in rows),
    ]
    return "\n".join(lines)


def _lacking(name: str, results: Sequence[Result]) -> str:
    """Say in how many of the rows that count as seen no second bystander stood, and why."""
    seen = [result.lacks for result in results if result.outcome == "exact"]
    counts = Counter(filter(None, seen)).most_common()
    reasons = ", ".join(f"{reason} ({count})" for reason, count in counts)
    lacking = sum(count for _, count in counts)
    told = f"{name}: of {len(seen)} changes that are seen {lacking} have no second bystander"
    return f"{told}: {reasons}.\n" if reasons else f"{told}.\n"


def _sum(name: str, results: Sequence[Result]) -> str:
    counts: Counter[str] = Counter(result.outcome for result in results)
    cells = [str(counts[column]) for column in _COLUMNS]
    if counts["partial"]:
        cells[-1] += f" (+ {counts['partial']})"
    return f"| {name} | {' | '.join(cells)} |"


def _section(kind: str, testmon: Results, firsttry: Results) -> str:
    names = [case.name for case in every() if case.kind == kind]
    rows = [f"| {name} | {_word(testmon, name)} | {_word(firsttry, name)} |" for name in names]
    title = f"## {kind[0].upper()}{kind[1:]}"
    return "\n".join((title, "", "| change | testmon | FirstTry |", "|---|---|---|", *rows, ""))


def _word(results: Results, name: str) -> str:
    if name not in results:
        return "*not run*"
    found = results[name]
    needless = found.outcome == "importers" and found.want == "nothing"
    return "importers run" if needless else WORDS[found.outcome]


if __name__ == "__main__":
    main()
