"""The why and impact steps: why a test would run now, and which tests an edit would select."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError, nearest
from firsttry_tasks.model.values import Selection
from firsttry_tasks.parity import before
from firsttry_tasks.reporting import answers, report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.selection.decide import queries
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
from firsttry_tasks.steps.ask import names, nested
from firsttry_tasks.steps.observe import since
from firsttry_tasks.steps.run import pytest_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.steps.typed import typed_in
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.steps.run.project import Project

WHY = "Usage: ft why TEST, where TEST is a name, a file, a class or a node id. See: ft help why"
NOTHING = "Nothing is learned yet; run: ft warm"
IMPACT = "Usage: ft impact FILE, ft impact FOLDER, or: ft impact FILE::NAME. See: ft help impact"


class Known(Struct, frozen=True):
    """What is recorded, what stands here now, and what warm would choose."""

    root: Path
    recorded: tuple[RecordedRun, ...]
    now: CurrentTree
    chosen: Selection
    smoke: frozenset[str]
    flaky: frozenset[str]
    #: The node ids of the recorded tests that still exist, as far as that can be told.
    existing: frozenset[str]

    def tests(self) -> frozenset[str]:
        """Return the node ids of all tests that are recorded or about to run.

        Of a file that is new only the file is known.
        """
        homes = {nodeid.partition("::")[0] for nodeid in self.existing}
        return self.existing | self.chosen.why.keys() | self.chosen.files.keys() - homes


class WhyAnswer(Struct, frozen=True, kw_only=True):
    """The tests that a word stands for: why each would run now, or whether it was red before."""

    asked: str
    tests: tuple[queries.Answer, ...] = ()
    before: tuple[before.WasRed, ...] = ()


class ImpactAnswer(Struct, frozen=True, kw_only=True):
    """The tests that an edit would select, of ``total``, each with its reason."""

    asked: str
    total: int
    tests: dict[str, str]


def why(
    root: Path,
    words: list[str],
    *,
    every: bool = False,
    count: bool = False,
    was_red: bool = False,
) -> None:
    """Print why tests would run now or not, and the code and observations they depend on.

    ``was_red``: print whether they were red before this change, or those that are red now.
    """
    if len(words) != 1 and not (was_red and not words):
        # A nodeid with spaces in its parameters has to be quoted in a shell.
        raise UsageError(WHY)
    if was_red:
        _before(root, *words)
        return
    known = known_now(root)
    found = names.tests(words[0], known.tests(), typed_in())
    shown = known.now.shown
    said = tuple(queries.explain(it, known.recorded, known.chosen, shown) for it in found)
    ANSWER.give(WhyAnswer(asked=words[0], tests=said))
    if count:
        CONSOLE.say(f"{sum(it.runs for it in said)} of {len(said)}")
    elif len(said) == 1:
        CONSOLE.say(*answers.one(said[0], every=every))
    else:
        CONSOLE.say(*answers.several(words[0], said, every=every))


def _before(root: Path, word: str = "") -> None:
    """Print whether the tests were red before this change; those that are red now for no word."""
    here, memory = project(root), DependencyDb(root / state_paths.DB)
    runs = tuple(zip(memory.made(), memory.recorded_runs(), strict=True))
    known = frozenset(test.nodeid for _, run in runs for test in run.tests)
    if not known:
        raise FirstTryError(NOTHING)
    found = names.tests(word, known, typed_in()) if word else _red(root)
    now = tree(root, "warm", "tests")
    changes = _changes(here, now)
    said = tuple(before.was_red(nodeid, runs, changes, now) for nodeid in found)
    ANSWER.give(WhyAnswer(asked=word, before=said), ("warm",))
    CONSOLE.say(*(it.sentence for it in said))
    if not said:
        CONSOLE.say("No test is red.")


def _red(root: Path) -> tuple[str, ...]:
    """Return the tests that were red when warm ran last."""
    it = report_files.read_report(root, "warm")
    failures = () if isinstance(it, str) else it.failures
    return tuple(finding.nodeid for finding in failures if finding.nodeid)


def _changes(here: Project, now: dict[str, str]) -> tuple[before.Change, ...]:
    """Return what is changed: what is not committed, this branch, the last commit."""
    readable = partial(here.readable, "warm", "tests")
    return tuple(since.changes(here.top, here.prefix, here.settings.main, now, readable).values())


def reach(root: Path, words: list[str], *, every: bool = False, count: bool = False) -> None:
    """Print the tests that an edit of FILE, or of FILE::NAME, would select, with the reasons."""
    if len(words) != 1:
        raise UsageError(IMPACT)
    known = known_now(root)
    found = _besides(_reached(words[0], known), known)
    total = len(known.existing)
    ANSWER.give(ImpactAnswer(asked=words[0], total=total, tests=found))
    if count:
        CONSOLE.say(str(len(found)))
    else:
        head = f"After an edit of {words[0]} warm runs {len(found)} of {total} tests."
        CONSOLE.say(head, *answers.groups(found, every=every))


def _reached(word: str, known: Known) -> dict[str, str]:
    """Return the tests that an edit of what a word stands for would select."""
    every = {**known.recorded[0].manifest, **known.now.manifest}
    inside = names.folder(word, every, typed_in())
    if inside:
        code = [it for it in inside if it.endswith(".py")]
        found = queries.importers(code, known.recorded, known.now) if code else {}
        return found | queries.impact_of(inside, known.recorded, known.now)
    found = {}
    for path, name in _meant(word, every, known):
        found |= queries.impact(path, name, known.recorded, known.now)
        if not name and path.endswith(".py"):
            found = queries.importers([path], known.recorded, known.now) | found
    return found


def _besides(found: dict[str, str], known: Known) -> dict[str, str]:
    """Return the tests with those that warm runs whatever was edited."""
    flaky = dict.fromkeys(sorted(known.flaky & known.tests()), "it is known to be flaky")
    return {**flaky, **found} or dict.fromkeys(sorted(known.smoke), "smoke test: no other runs")


def _meant(word: str, every: Iterable[str], known: Known) -> list[tuple[str, str]]:
    """Return the files and names that a word stands for; UsageError for none."""
    base = known.recorded[0].manifest
    if names.is_path(word):
        place, _, name = word.partition("::")
        path = names.file(place, every, typed_in())
        name = name.replace("::", ".")
        return [(path, _defined(name, path, known) if name else "")]
    here = [path for path in sorted(every) if path.endswith(".py") and path in base]
    found = [(path, word) for path in here if word in set(_names(path, known))]
    if not found:
        found = [(path, it) for path in here for it in _outer(word, path, known)]
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


def _defined(name: str, path: str, known: Known) -> str:
    """Return what a name in a file stands for; UsageError, with the nearest, where it is none."""
    there = frozenset(_names(path, known))
    if name in there or any(it.startswith(f"{name}.") for it in there):
        return name
    outer = _outer(name, path, known)
    if not outer:
        raise UsageError(f"There is no {name} in {path}.{nearest(name, there)}")
    return outer[0]


def _outer(name: str, path: str, known: Known) -> tuple[str, ...]:
    """Return the functions in a file that hold one of this name, and say so."""
    source = disk.read(known.root / path) or b""
    inner = name.rpartition(".")[2]
    # Most files don't name it, and need not be parsed.
    found = nested.around(source, name) if inner.encode() in source else ()
    for it in found:
        CONSOLE.say(f"note: {inner} stands in {path}::{it}: an edit of it is one of {it}")
    return found


def known_now(root: Path) -> Known:
    """Return what warm goes by; FirstTryError where nothing is learned."""
    here = project(root)
    memory = DependencyDb(root / state_paths.DB)
    recorded_runs = memory.recorded_runs()
    inputs = disk.read_own(root / state_paths.inputs_file("warm", "tests"), Inputs)
    if not recorded_runs or inputs is None:
        raise FirstTryError(NOTHING)
    files = tree(root, "warm", "tests")
    job = here.job("warm", "tests", tuple(files))
    # The very view that a warm run has, so the answer is what warm would do.
    around = pytest_run.now(here, job, inputs, files, memory)
    chosen, smoke = pytest_run.selection(here, memory, recorded_runs, around)
    flaky = frozenset(here.memory.nodeids)
    existing = chosen.skip_tests | chosen.why.keys()
    if chosen.everything:
        existing = frozenset(test.nodeid for recorded in recorded_runs for test in recorded.tests)
    if report_files.stands(root, "warm", "tests"):
        # Then warm does not even choose.
        chosen = Selection()
    elif chosen.empty:
        chosen = Selection(why=dict.fromkeys(smoke, "smoke test: no other runs"))
    return Known(root, recorded_runs, around, chosen, smoke, flaky, existing)
