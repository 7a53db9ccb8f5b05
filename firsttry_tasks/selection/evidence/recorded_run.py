"""What earlier runs learned, in the shape that selection reads."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping

import msgspec

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.selection.syntax.fragment import Fragment

NOWHERE = -1


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A start-up, an import, a collector or a fixture; numbers point into the recorded run."""

    kind: str
    name: str
    units: tuple[int, ...]
    observations: tuple[int, ...]
    used: tuple[int, ...]
    lines: tuple[tuple[int, int], ...]  # of an import: (fragment of the module, unit it ran)


class RecordedTest(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One test, as it was when the recorded run ran."""

    nodeid: str
    path: str
    outcome: str
    seconds: float
    units: bytes  # of an array of unsigned ints
    observations: tuple[int, ...]
    scopes: tuple[int, ...]
    names: tuple[str, ...]
    function: bool

    def ran(self) -> array[int]:
        """Return the numbers of the units that ran."""
        numbers = array("I")
        numbers.frombytes(self.units)
        return numbers


class RecordedRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One recorded run: its tree, its environment, and what its tests rested on."""

    manifest: dict[str, str]
    parts: dict[str, str]  # named parts of the environment that count for every test
    variables: dict[str, str]
    outside: dict[str, str]
    modules: dict[str, str]
    patterns: tuple[str, ...]
    testpaths: tuple[str, ...]
    roots: tuple[str, ...]
    units: tuple[tuple[str, int], ...]  # (path, number of the fragment there)
    observations: tuple[tuple[ObservationKind, str], ...]
    scopes: tuple[Scope, ...]
    tests: tuple[RecordedTest, ...]
    collected: dict[str, tuple[str, ...]]  # file -> what follows it in the node ids found there
    deselected_by_project: frozenset[str]  # node ids that the project's own options deselect
    loads: dict[int, tuple[str, ...]] = {}  # unit -> modules that it had imported, by path

    def homes(self) -> frozenset[str]:
        """Return the files that were searched for tests."""
        names = (scope.name for scope in self.scopes if scope.kind == "collect")
        return frozenset(name for name in names if name in self.manifest)


class CurrentTree(msgspec.Struct, frozen=True):
    """The tree and the environment that are to be tested."""

    manifest: Mapping[str, str]
    parts: Mapping[str, str]
    variable: Callable[[str], str]  # a variable's digest
    outside: Callable[[str], str]  # the digest of a file outside, "" if there is none
    fragments: Callable[
        [str], tuple[Fragment, ...] | None
    ]  # of a file now; None if it doesn't parse
    before: Callable[[str, str], tuple[Fragment, ...]]  # of a file with this blob, as recorded
    spelled: Callable[[str], frozenset[str]]  # the names in a file, be it Python or not
    inert: tuple[str, ...] = ()
    depends: Mapping[str, tuple[str, ...]] = {}  # glob of files -> globs of tests
