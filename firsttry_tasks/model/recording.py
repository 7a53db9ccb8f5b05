"""Describes what one process of a recorded test run has learned, as it is written to a file.

Records are arrays in MessagePack, with a number in place of each unit, observation and scope,
because tests share most of what they name.
"""

from typing import Literal

import msgspec

#: The ending of a record's file; what lies beside it has others.
SUFFIX = ".record"
#: The folder beside the records into which the C library writes what pytest's process asks for
#: before it records.
EARLY = "early"

#: Begin the names of what was left changed in the process and not in a module: of a variable, which
#: concerns who reads it, and of what any code may feel without naming it.
VARIABLE, FELT = "variable:", "process:"
#: Begins the names of what was left changed in a library, which end with letters for its content,
#: and then with this where it may have been another test of several that ended since a look.
LIBRARY, PERHAPS = "library:", "?"
#: Ends the name of a thing that was left changed, before letters for all that it holds now, or with
#: ``ADDED`` for what it holds besides, or with ``SHIFTED`` for by how much it is larger.
#: ``PERHAPS`` comes after them, as for libraries.
HOLDS, ADDED, SHIFTED = "=", "=+", "=~"
#: Stands for pytest's own object that all tests have, as the fixture that returns it is called.
CONFIG = "pytestconfig"
#: Ends the name of a library whose random numbers a test drew, or began anew with a seed.
DRAWN = "seed"

#: What git keeps of a repository, observed as one file: which commit, branches and tags there are.
GIT = ".git"


class Unit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A function that started to run, by its file's path, its qualified name and its first line."""

    path: str
    name: str
    line: int


#: What a test looked at besides code:
#: read, write, touch (a file's times or rights), list (a folder), probed (whether a path exists),
#: env (a variable), import, module (asked for by name at run time), whole-module (every line of a
#: file), executed (a module that was run past the import system), outside (a file outside the
#: repository), imported-by-library (a module that a library took hold of), text (code ran that
#: stands in no Python file, such as a doctest: "", and each name in it), untraceable (what happened
#: here could not be seen), unwatched (a folder that the kernel would not watch), lent (what a
#: plugin's fixture of this name made), left (what it left changed: a module's path and the name in
#: it, or see ``VARIABLE``).
ObservationKind = Literal[
    "read",
    "write",
    "touch",
    "list",
    "probed",
    "env",
    "import",
    "module",
    "whole-module",
    "executed",
    "outside",
    "imported-by-library",
    "lent",
    "text",
    "untraceable",
    "unwatched",
    "left",
]


class Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something besides code that was looked at; ``name`` is a path, a variable or a module."""

    kind: ObservationKind
    name: str


class ScopeRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What happened while a scope was the innermost one.

    Numbers are places in the record's units, observations and scopes. The kinds are start, import
    (named by the path), collect (by the node id), fixture, and library (by the first names of the
    modules from elsewhere that were loaded together).
    """

    kind: str
    name: str
    units: tuple[int, ...] = ()
    observations: tuple[int, ...] = ()
    #: Other scopes that were opened inside.
    used: tuple[int, ...] = ()
    #: Of an import: the line of the module that led to a start, 0 for none, and the unit.
    lines: tuple[tuple[int, int], ...] = ()
    #: Of a fixture: what has a value of its own, in pytest's words (session, module and so on).
    reach: str = ""
    #: Of an import: the line of the module that made an observation, 0 where that is not known.
    asked: tuple[tuple[int, int], ...] = ()


class TestRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A test: what it depends on, its outcome (failed, or pytest's or a plugin's word), seconds."""

    nodeid: str
    path: str
    outcome: str
    seconds: float
    units: tuple[int, ...]
    observations: tuple[int, ...]
    scopes: tuple[int, ...]
    #: The names of its fixtures.
    names: tuple[str, ...]
    #: Whether it is a plain function or method, whose code says all that it refers to.
    function: bool
    #: What makes checks of its kind: the module of its class; "" for a test that is a function.
    kind: str = ""
    #: Whether it was skipped by what it was seen to do, and not by a hook or a plugin.
    explained: bool = False


class Unread(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file's functions for whose annotations nobody asked, by the lines where they begin.

    Those that have annotations, and those that have none. A file of which that could not be seen
    has no such entry.
    """

    path: str
    annotated: tuple[int, ...]
    bare: tuple[int, ...]

    def agreed(self, other: "Unread") -> "Unread":
        """Return what another process says of the file, too."""
        return Unread(
            self.path,
            tuple(sorted({*self.annotated} & {*other.annotated})),
            tuple(sorted({*self.bare} & {*other.bare})),
        )


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one process of a recorded run has learned."""

    units: tuple[Unit, ...]
    observations: tuple[Observation, ...]
    scopes: tuple[ScopeRecord, ...]
    tests: tuple[TestRecord, ...]
    #: The path of each module by its dotted name.
    modules: dict[str, str]
    #: Keyed digests of the variables that were read, as they were before the tests.
    environment: dict[str, str]
    #: pytest's ``python_files`` and ``testpaths``: in which new files there may be tests.
    patterns: tuple[str, ...]
    testpaths: tuple[str, ...]
    #: Folders of the repository that modules are imported from.
    roots: tuple[str, ...]
    #: When the recording began, in seconds since the epoch.
    began: float
    #: Every node id that was collected, selected or not.
    collected: tuple[str, ...]
    #: Units that caused an import while they ran, each with the scope of the import.
    loads: tuple[tuple[int, int], ...] = ()
    #: The C library that is preloaded saw which files this process, and those that it started,
    #: asked for.
    followed: bool = False
    #: The functions for whose annotations nobody asked in this process and those that it forked.
    unread: tuple[Unread, ...] = ()
    #: Says with which key the letters of what was left were made: others compare with none of them.
    key: str = ""
    #: Names that tell of one and the same change of a thing that several modules have.
    alike: tuple[tuple[str, ...], ...] = ()
    #: Dotted names of packages, each with a folder of the repository in which it looks for
    #: modules besides its own.
    searched: tuple[tuple[str, str], ...] = ()


def listing(folder: str) -> str:
    """Return how the listing of a folder is called among what lies outside of the tree."""
    return f"{folder}/"


def is_told(left: str) -> bool:
    """Tell whether all that was left in a thing of the project has letters."""
    return HOLDS in left and not left.startswith((LIBRARY, FELT))


def encode(record: Record) -> bytes:
    """Return the bytes of a record as they are written to a file."""
    return msgspec.msgpack.encode(record)


def decode(data: bytes) -> Record:
    """Return the record that was written as these bytes.

    Raises msgspec.DecodeError for bytes that are no record of this version.
    """
    return msgspec.msgpack.decode(data, type=Record)
