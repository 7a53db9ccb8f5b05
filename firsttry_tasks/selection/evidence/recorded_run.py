"""Defines what a recorded run holds, and the current tree that it is compared with."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterator, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.model.refinements import Refinement
from firsttry_tasks.selection.syntax.fragment import Fragment

#: Stands for the number of a fragment where no fragment holds the code that ran.
NOWHERE = -1

# Thousands of these are read whenever a run starts. As arrays they need no field names in the
# database, and without `gc` the garbage collector doesn't walk over them. They hold numbers in
# place of each other, so they can't form circles.


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A start-up, an import, a collector, a fixture or a kept result, and what happened in it.

    What is "compared" is a kept result, too, for those who can't compare it.

    Units, observations and used scopes are numbers into the recorded run's tuples.
    """

    kind: str
    name: str
    units: tuple[int, ...]
    observations: tuple[int, ...]
    #: Scopes that code in this one made use of.
    used: tuple[int, ...]
    #: Of an import: pairs of a statement's number in the module and a unit that it ran.
    lines: tuple[tuple[int, int], ...]
    #: Of a fixture: session, package, module or class.
    reach: str = ""
    #: Of an import: pairs of a statement's number in the module, ``NOWHERE`` where that is not
    #: known, and an observation that it made.
    asked: tuple[tuple[int, int], ...] = ()

    def asking(self, observations: Container[int]) -> dict[int, set[int]]:
        """Return those of these observations that it has, each with the statements that made it.

        ``NOWHERE`` stands for one that is not known.
        """
        found: dict[int, set[int]] = {it: set() for it in self.observations if it in observations}
        for statement, it in self.asked:
            if it in found:
                found[it].add(statement)
        return {it: statements or {NOWHERE} for it, statements in found.items()}

    def seen_by(self, units: AbstractSet[int]) -> tuple[int, ...]:
        """Return the observations that may tell in what these units made.

        Of an import those are the observations of the statements that ran them. What others gave to
        variables is found by the variables' names.
        """
        ran = {statement for statement, unit in self.lines if unit in units}
        if not ran or NOWHERE in ran:
            return self.observations
        others = {it for statement, it in self.asked if statement not in {NOWHERE, *ran}}
        asked = {it for statement, it in self.asked if statement in ran}
        return tuple(it for it in self.observations if it in asked or it not in others)


class RecordedTest(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One test, as it was when the recorded run ran it."""

    nodeid: str
    path: str
    outcome: str
    seconds: float
    #: Numbers of units as the bytes of an array of unsigned ints: see `ran`.
    units: bytes
    observations: tuple[int, ...]
    scopes: tuple[int, ...]
    names: tuple[str, ...]
    function: bool
    #: The module that makes items of its kind; "" for a test that is a function.
    kind: str = ""
    #: Whether it was skipped by what it was seen to do, so that it rests on just that.
    explained: bool = False

    def ran(self) -> array[int]:
        """Return the numbers of the units that ran."""
        numbers = array("I")
        numbers.frombytes(self.units)
        return numbers


class RecordedRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One recorded run: its tree, its environment, and what its tests depended on."""

    #: Path -> blob, for every file that tests can read.
    manifest: dict[str, str]
    #: Named parts of the environment that count for every test.
    parts: dict[str, str]
    #: Variable that was asked for -> digest of its value, with the recording machine's key.
    variables: dict[str, str]
    #: File that tests looked at and git doesn't know -> digest. Files outside of the project have
    #: names that say nothing of the machine.
    outside: dict[str, str]
    #: Dotted name of a module of the repository -> path.
    modules: dict[str, str]
    #: How pytest was told to find test files: their patterns, and folders.
    patterns: tuple[str, ...]
    testpaths: tuple[str, ...]
    #: Folders of the repository that were on ``sys.path``.
    roots: tuple[str, ...]
    #: Path, and number of the fragment in that file.
    units: tuple[tuple[str, int], ...]
    observations: tuple[tuple[ObservationKind, str], ...]
    scopes: tuple[Scope, ...]
    tests: tuple[RecordedTest, ...]
    #: File -> what follows it in the node ids found there. The path would be in each of them.
    collected: dict[str, tuple[str, ...]]
    #: Node ids that the project's own options deselect.
    deselected_by_project: frozenset[str]
    #: Pairs of a unit and the paths of the modules that it had imported. No mapping: what is
    #: written in one order has no keys but texts.
    loads: tuple[tuple[int, tuple[str, ...]], ...] = ()
    #: What turned the run red besides the tests that are recorded as failed, in short words.
    red: tuple[str, ...] = ()
    #: What all its processes read was seen, whoever read it.
    followed: bool = False
    #: File of which it was seen -> numbers of the bodies of the functions for whose annotations
    #: somebody may have asked.
    annotations: dict[str, tuple[int, ...]] = {}
    #: Says with which key the letters of what was left were made; "" where with several.
    key: str = ""
    #: Things of which tests left something else when fewer of them ran.
    unsteady: tuple[str, ...] = ()
    #: As in `Record`: packages, each with a folder in which it looks for modules besides its own.
    searched: tuple[tuple[str, str], ...] = ()

    def dotted(self, path: str) -> set[str]:
        """Return the dotted names under which a file can be imported."""
        around, slash, leaf = path.rpartition("/")
        # What is compiled says of its file for which Python and machine: `m.cpython-311-darwin.so`.
        name = leaf.removesuffix(".py") if leaf.endswith(".py") else leaf.partition(".")[0]
        stem = f"{around}{slash}{name}".removesuffix("/__init__")
        return {
            ".".join((*above, *stem[len(folder) :].split("/")))
            for above, folder in self._folders(path)
            if stem.startswith(folder)
        }

    def places(self, path: str, name: str) -> Iterator[str]:
        """Yield each file that importing this dotted name in the file at ``path`` may load."""
        parts = tuple(name.split("."))
        for above, folder in self._folders(path):
            rest = parts[len(above) :] if parts[: len(above)] == above else ()
            for end in range(1, len(rest) + 1):
                stem = folder + "/".join(rest[:end])
                yield from (f"{stem}.py", f"{stem}/__init__.py")

    def _folders(self, path: str) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the folders in which an import looks, each with the package that looks there."""
        # The folders of `sys.path`, the repository, and the file's own folder, which pytest puts
        # on `sys.path` for a test file outside of a package.
        roots = {*self.roots, "", path.rpartition("/")[0]}
        pairs = (*(("", root) for root in roots), *self.searched)
        for package, folder in pairs:
            above = tuple(package.split(".")) if package else ()
            yield above, f"{folder}/" if folder else ""

    def homes(self) -> frozenset[str]:
        """Return the files that pytest searched for tests."""
        names = (scope.name for scope in self.scopes if scope.kind == "collect")
        return frozenset(name for name in names if name in self.manifest)


class SeenOfRun(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recorded run besides its records.

    ``deselected`` are the tests that the project's own options left out, ``red`` what turned it red
    besides recorded tests, ``unsteady`` the things of which tests left something else when fewer of
    them ran.
    """

    deselected: frozenset[str] = frozenset()
    red: tuple[str, ...] = ()
    unsteady: frozenset[str] = frozenset()


class CurrentTree(msgspec.Struct, frozen=True):
    """The tree and the environment that are to be tested.

    Selection is pure: it reads files and variables only through the functions here, so a test
    can play any tree and a question can play an edit.
    """

    manifest: Mapping[str, str]
    parts: Mapping[str, str]
    #: Returns the digest of a variable's value.
    variable: Callable[[str], str]
    #: Returns the digest of a file outside of the tree, "" if there is none.
    outside: Callable[[str], str]
    #: Returns the fragments of a file as it is now, None if it doesn't parse.
    fragments: Callable[[str], tuple[Fragment, ...] | None]
    #: Returns the fragments of a path that had this blob when it was recorded.
    before: Callable[[str, str], tuple[Fragment, ...]]
    #: Returns the names in a file, be it Python or not.
    spelled: Callable[[str], frozenset[str]]
    #: Globs of files that no test reads.
    inert: tuple[str, ...] = ()
    #: Glob of files -> node ids and globs of tests.
    depends: Mapping[str, tuple[str, ...]] = {}
    #: Fixtures whose tests run together.
    shared_fixtures: tuple[str, ...] = ()
    #: Refinements that are switched off.
    without: frozenset[Refinement] = frozenset()
    #: Says with which key this machine makes letters of what is left.
    key: str = ""
    #: Things of which each run leaves something else, so that it is not compared.
    unsteady: frozenset[str] = frozenset()
    #: Returns the name of a file outside of the tree as a person knows it.
    shown: Callable[[str], str] = str

    def compares(self, recorded: RecordedRun) -> bool:
        """Tell whether what tests leave will be compared with what they left in a recorded run."""
        return recorded.key == self.key and "content" not in self.without
