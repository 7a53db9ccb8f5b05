"""Joins what the processes of one test run recorded to one recorded run.

Each process numbers by itself and knows lines of files. Here they get one numbering, and
each line the fragment that it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.recording import listing
from firsttry_tasks.selection.evidence.bitsets import packed
from firsttry_tasks.selection.evidence.recorded_run import NOWHERE, RecordedRun, RecordedTest, Scope
from firsttry_tasks.selection.learn.shared_state import SharedState
from firsttry_tasks.selection.learn.unread import asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.recording import ObservationKind, Record
    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.selection.syntax.fragment import Fragment


def recorded(
    records: Sequence[Record],
    manifest: Mapping[str, str],
    parts: Mapping[str, str],
    sources: Callable[[str], tuple[Fragment, ...]],
    before: Callable[[str, float], str | None],
    without: AbstractSet[Refinement] = frozenset(),
) -> RecordedRun:
    """Return the recorded run that the records of one test run make.

    ``sources`` returns the fragments of a file. ``before(path, began)`` returns the digest of a
    file outside of the tree, None if it wasn't there before the run began. ``without`` are the
    refinements that are switched off.
    """
    # A file that a test wrote itself is not what it depends on; the time tells them apart.
    began = min((record.began for record in records), default=0.0)
    joined = _Joined(sources)
    for record in records:
        joined.add(record)
    joined.read_ignored(manifest)
    modules = {name: path for one in records for name, path in one.modules.items()}
    # Asked for although it isn't used here: `sources` keeps what it parses, and a module of
    # which nothing ran needs its fragments to be compared with later.
    for path in (*modules.values(), *joined.executed(manifest)):
        sources(path)
    shared = SharedState(
        tuple(joined.units), tuple(joined.observations), joined.scopes, sources, without
    )
    tests = shared.tests(process.values() for process in joined.processes)
    return RecordedRun(
        manifest=dict(manifest),
        parts=dict(parts),
        variables={k: v for one in records for k, v in one.environment.items()},
        outside=_outside(joined.observations, manifest, lambda name: before(name, began)),
        modules=modules,
        patterns=_all(one.patterns for one in records),
        testpaths=_all(one.testpaths for one in records),
        roots=_all(one.roots for one in records),
        units=tuple(joined.units),
        observations=tuple(joined.observations),
        scopes=tuple(shared.scopes.all),
        tests=tests,
        collected=_by_file(nodeid for one in records for nodeid in one.collected),
        deselected_by_project=frozenset(),
        loads=tuple((unit, tuple(sorted(it))) for unit, it in sorted(joined.loads.items())),
        followed=all(one.followed for one in records),
        annotations=asked(records, sources),
        key=_key(records),
        searched=tuple(sorted({it for one in records for it in one.searched})),
    )


def _key(records: Iterable[Record]) -> str:
    """Return the key that the letters of all records were made with, "" for several."""
    keys = {record.key for record in records}
    return keys.pop() if len(keys) == 1 else ""


def _outside(
    observations: Iterable[tuple[str, str]],
    manifest: Mapping[str, str],
    before: Callable[[str], str | None],
) -> dict[str, str]:
    """Return the digests of files that tests looked at and git does not know."""
    found: dict[str, str] = {}
    for name in looked_outside(observations, manifest):
        seen = before(name)
        if seen is not None:
            found[name] = seen
    return found


def looked_outside(
    observations: Iterable[tuple[str, str]], manifest: Mapping[str, str]
) -> Iterator[str]:
    """Yield the files that tests looked at and git does not know, and folders that they listed."""
    folders = {path.rpartition("/")[0] for path in manifest}
    for kind, name in observations:
        # A folder that git knows is no unknown file; its listing is observed by itself.
        inside = kind in {"read", "probed", "whole-module"}
        if kind == "outside" or (inside and name not in manifest and name not in folders):
            yield name
        # What a tree has in it is known; what git ignores may stand there as well.
        elif kind == "list":
            yield listing(name)


def _by_file(nodeids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what follows the path in node ids, by path."""
    # A dict in place of a set: every process of pytest-xdist collects the same tests, and the
    # order in which they were collected stays.
    found: dict[str, dict[str, None]] = {}
    for nodeid in nodeids:
        path = nodeid.partition("::")[0]
        found.setdefault(path, {})[nodeid.removeprefix(path)] = None
    return {path: tuple(rests) for path, rests in found.items()}


def _all(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({one for group in groups for one in group}))


class _Joined:
    """The records of several processes under one numbering."""

    def __init__(self, sources: Callable[[str], tuple[Fragment, ...]]) -> None:
        self.sources = sources
        self.units: dict[tuple[str, int], int] = {}
        self.observations: dict[tuple[ObservationKind, str], int] = {}
        self.scopes: list[Scope] = []
        #: The tests of each process, in the order in which they ran.
        self.processes: list[dict[str, RecordedTest]] = []
        self.loads: dict[int, set[str]] = {}
        self._places: dict[str, _Places] = {}

    def add(self, record: Record) -> None:
        """Add what one process recorded."""
        units = [self._unit(unit.path, unit.name, unit.line) for unit in record.units]
        observations = [
            self.observations.setdefault(
                (observation.kind, observation.name), len(self.observations)
            )
            for observation in record.observations
        ]
        # Scopes are not shared between processes: each has fixtures and imports of its own.
        base = len(self.scopes)
        for scope in record.scopes:
            places = self._place(scope.name) if scope.kind == "import" else None
            self.scopes.append(
                Scope(
                    kind=scope.kind,
                    name=scope.name,
                    units=tuple(units[n] for n in scope.units),
                    observations=tuple(observations[n] for n in scope.observations),
                    used=tuple(base + n for n in scope.used),
                    lines=tuple((places.statement(line), units[n]) for line, n in scope.lines)
                    if places is not None
                    else (),
                    reach=scope.reach,
                    asked=places.asking(scope.asked, observations) if places is not None else (),
                )
            )
        for unit, loaded in record.loads:
            self.loads.setdefault(units[unit], set()).add(record.scopes[loaded].name)
        tests: dict[str, RecordedTest] = {}
        self.processes.append(tests)
        for test in record.tests:
            tests[test.nodeid] = RecordedTest(
                nodeid=test.nodeid,
                path=test.path,
                outcome=test.outcome,
                seconds=test.seconds,
                units=packed({units[n] for n in test.units}),
                observations=tuple(observations[n] for n in test.observations),
                scopes=tuple(base + n for n in test.scopes),
                names=test.names,
                function=test.function,
                kind=test.kind,
                explained=test.explained,
            )

    def executed(self, manifest: Mapping[str, str]) -> Iterable[str]:
        """Return the files in the tree that ran past the import system."""
        return (name for kind, name in self.observations if kind == "executed" and name in manifest)

    def read_ignored(self, manifest: Mapping[str, str]) -> None:
        """Let the import of a module that is not in the tree count as reading its file.

        Such a module is generated, as a rule, and git ignores it. Its functions can't be compared
        with what they were, so any change of the file counts for all that import it.
        """
        for number, scope in enumerate(self.scopes):
            if scope.kind == "import" and scope.name not in manifest:
                seen = self.observations.setdefault(("read", scope.name), len(self.observations))
                self.scopes[number] = msgspec.structs.replace(
                    scope, observations=(*scope.observations, seen)
                )

    def _place(self, path: str) -> _Places:
        if path not in self._places:
            self._places[path] = _Places(self.sources(path))
        return self._places[path]

    def _unit(self, path: str, name: str, line: int) -> int:
        fragment = self._place(path).code(name, line)
        return self.units.setdefault((path, fragment), len(self.units))


class _Places:
    """Finds the fragment of a file that a line or a function belongs to."""

    def __init__(self, fragments: tuple[Fragment, ...]) -> None:
        self.fragments = fragments
        # Interpreters tell a function's name and first line. Two functions may share a name
        # (`name#2`), and a lambda a line with its function, so both together are the key.
        self._exact = {
            (fragment.qualname.rpartition(".")[2].partition("#")[0], fragment.first): number
            for number, fragment in enumerate(fragments)
            if fragment.is_function_body
        }

    def code(self, name: str, line: int) -> int:
        """Return the number of a function's body, or else of the fragment that it lies in."""
        # A lambda, a comprehension or the code of a module is no fragment of its own.
        exact = self._exact.get((name.rpartition(".")[2], line))
        return exact if exact is not None else self._innermost(line, bodies=True)

    def statement(self, line: int) -> int:
        """Return the number of the module's statement that stands at a line."""
        return self._innermost(line, bodies=False)

    def asking(
        self, asked: Iterable[tuple[int, int]], observations: Sequence[int]
    ) -> tuple[tuple[int, int], ...]:
        """Return pairs of a statement and what it asked for, of pairs of lines and numbers."""
        found = {(it, observations[n]) for at, n in asked for it in self._statements(at)}
        return tuple(sorted(found))

    def _statements(self, line: int) -> set[int]:
        """Return the numbers of the statement at a line, and of those in the class that it makes.

        What a class's body asks for is noted with the line at which the class begins.
        """
        number = self.statement(line)
        if number == NOWHERE or not self.fragments[number].is_class:
            return {number}
        around = self.fragments[number]
        return {number} | {
            at
            for at, it in enumerate(self.fragments)
            if around.first <= it.first and it.last <= around.last and not it.is_function_body
        }

    def _innermost(self, line: int, *, bodies: bool) -> int:
        """Return the number of the smallest fragment around a line."""
        # Of two that are equally large the later one: a definition and its body share all lines,
        # and the body comes after it.
        best, size = NOWHERE, 1 << 60
        for number, fragment in enumerate(self.fragments):
            if (
                fragment.first <= line <= fragment.last
                and fragment.last - fragment.first <= size
                and (bodies or not fragment.is_function_body)
            ):
                best, size = number, fragment.last - fragment.first
        return best
