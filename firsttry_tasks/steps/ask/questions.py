"""The why and impact steps: why a test would run now, and which tests an edit would select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError, nearest
from firsttry_tasks.model.values import Selection
from firsttry_tasks.reporting import answers, report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide import queries
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
from firsttry_tasks.steps.ask import names
from firsttry_tasks.steps.run import pytest_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.steps.typed import typed_in
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WHY = "Usage: ft why TEST, where TEST is a name, a file, a class or a node id. See: ft help why"
IMPACT = "Usage: ft impact FILE, or: ft impact FILE::NAME. See: ft help impact"


class Known(Struct, frozen=True):
    """What is recorded, what stands here now, and what warm would choose."""

    recorded: tuple[RecordedRun, ...]
    now: CurrentTree
    chosen: Selection
    smoke: frozenset[str]
    flaky: frozenset[str]

    def tests(self) -> frozenset[str]:
        """Return the node ids of all tests that are recorded or about to run."""
        found = {test.nodeid for recorded in self.recorded for test in recorded.tests}
        # Of what is new only the file is known.
        return frozenset({*found, *self.chosen.why, *self.chosen.files})


def why(
    root: Path,
    words: list[str],
    *,
    as_json: bool = False,
    every: bool = False,
    count: bool = False,
) -> None:
    """Print why tests would run now or not, and the code and observations they depend on."""
    if len(words) != 1:
        # A nodeid with spaces in its parameters has to be quoted in a shell.
        raise UsageError(WHY)
    known = known_now(root)
    found = names.tests(words[0], known.tests(), typed_in())
    said = [queries.explain(it, known.recorded, known.chosen) for it in found]
    if as_json:
        answer: object = said[0] if len(said) == 1 else {"asked": words[0], "tests": said}
        CONSOLE.say(msgspec.json.encode(answer).decode("utf-8"))
    elif count:
        CONSOLE.say(f"{sum(it.runs for it in said)} of {len(said)}")
    elif len(said) == 1:
        CONSOLE.say(*answers.one(said[0], every=every))
    else:
        CONSOLE.say(*answers.several(words[0], said, every=every))


def reach(
    root: Path,
    words: list[str],
    *,
    as_json: bool = False,
    every: bool = False,
    count: bool = False,
) -> None:
    """Print the tests that an edit of FILE, or of FILE::NAME, would select, with the reasons."""
    if len(words) != 1:
        raise UsageError(IMPACT)
    known = known_now(root)
    found: dict[str, str] = {}
    for path, name in _meant(words[0], known):
        found |= queries.impact(path, name, known.recorded, known.now)
    found = _besides(found, known)
    if as_json:
        CONSOLE.say(msgspec.json.encode(found).decode("utf-8"))
    elif count:
        CONSOLE.say(str(len(found)))
    else:
        total = len({test.nodeid for recorded in known.recorded for test in recorded.tests})
        head = f"After an edit of {words[0]} warm runs {len(found)} of {total} tests."
        CONSOLE.say(head, *answers.groups(found, every=every))


def _besides(found: dict[str, str], known: Known) -> dict[str, str]:
    """Return the tests with those that warm runs whatever was edited."""
    flaky = dict.fromkeys(sorted(known.flaky & known.tests()), "it is known to be flaky")
    return {**flaky, **found} or dict.fromkeys(sorted(known.smoke), "smoke test: no other runs")


def _meant(word: str, known: Known) -> list[tuple[str, str]]:
    """Return the files and names that a word stands for; UsageError for none."""
    base = known.recorded[0].manifest
    every = {**base, **known.now.manifest}
    if names.is_path(word):
        place, _, name = word.partition("::")
        path = names.file(place, every, typed_in())
        name = name.replace("::", ".")
        if name:
            _require(name, path, known)
        return [(path, name)]
    here = [path for path in sorted(every) if path.endswith(".py") and path in base]
    found = [(path, word) for path in here if word in set(_names(path, known))]
    if not found:
        every_name = {name for path in here for name in _names(path, known)}
        near = nearest(word, every_name | {path.rpartition("/")[2] for path in every})
        raise UsageError(f"There is no file, function, class or variable {word!r}.{near}")
    return found


def _names(path: str, known: Known) -> Iterable[str]:
    """Return the names in a file, as it was recorded and as it is."""
    blob = known.recorded[0].manifest.get(path, "")
    now = known.now.fragments(path) if path in known.now.manifest else ()
    return queries.names((*known.now.before(path, blob), *(now or ())))


def _require(name: str, path: str, known: Known) -> None:
    """Raise UsageError, with the nearest, for a name that is not in the file."""
    there = frozenset(_names(path, known))
    if name not in there and not any(it.startswith(f"{name}.") for it in there):
        raise UsageError(f"There is no {name} in {path}.{nearest(name, there)}")


def known_now(root: Path) -> Known:
    """Return what warm goes by; FirstTryError where nothing is learned."""
    here = project(root)
    memory = DependencyDb(root / state_paths.DB)
    recorded_runs = memory.recorded_runs()
    inputs = disk.read_own(root / state_paths.inputs_file("warm", "tests"), Inputs)
    if not recorded_runs or inputs is None:
        raise FirstTryError("Nothing is learned yet; run: ft warm")
    files = tree(root, "warm", "tests")
    job = here.job("warm", "tests", tuple(files))
    # The very view that a warm run has, so the answer is what warm would do.
    around = pytest_run.now(here, job, inputs, files, memory)
    chosen, smoke = pytest_run.selection(here, memory, recorded_runs, around)
    flaky = frozenset(here.memory.nodeids)
    if report_files.stands(root, "warm", "tests"):
        # Then warm does not even choose.
        chosen = Selection()
    elif chosen.empty:
        chosen = Selection(why=dict.fromkeys(smoke, "smoke test: no other runs"))
    return Known(recorded_runs, around, chosen, smoke, flaky)
