"""What one process learned: the shape in which a recording leaves pytest."""

from typing import Literal

import msgspec

SUFFIX = ".record"


class Unit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A piece of code that started to run: a function, by its file and first line."""

    path: str
    name: str
    line: int


#: What a test looked at besides code:
#: read, write, touch (a file's times or rights), list (a folder), probed (whether a path exists),
#: env (a variable), import, module (asked for by name at run time), whole-module (every line of a
#: file), outside (a file outside the repository), imported-by-library (a module that a library took
#: hold of), text (code ran that stands in no Python file, such as a doctest), untraceable (what
#: happened here could not be seen), unwatched (a folder that the kernel would not watch),
#: unordered-cache (a cached function ran in another thread, so that its scope can't be told).
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
    "outside",
    "imported-by-library",
    "text",
    "untraceable",
    "unwatched",
    "unordered-cache",
]


class Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something besides code that was looked at; ``name`` is a path, a variable or a module."""

    kind: ObservationKind
    name: str


class ScopeRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What happened while a scope was the innermost one; numbers point into units and observations.

    kind: start, import, collect, fixture, cache (what a cached function did, whoever called it; its
    name is ``named`` of the function).
    """

    kind: str
    name: str
    units: tuple[int, ...] = ()
    observations: tuple[int, ...] = ()
    used: tuple[int, ...] = ()  # other scopes that were opened inside
    lines: tuple[tuple[int, int], ...] = ()  # of an import: (line of the module, unit)


class TestRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One test: what it rests on, and how it ended (passed, failed or skipped)."""

    nodeid: str
    path: str
    outcome: str
    seconds: float
    units: tuple[int, ...]
    observations: tuple[int, ...]
    scopes: tuple[int, ...]
    names: tuple[str, ...]  # of its fixtures
    function: bool  # a plain function or method: its code says all it refers to


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One process of a recorded run."""

    units: tuple[Unit, ...]
    observations: tuple[Observation, ...]
    scopes: tuple[ScopeRecord, ...]
    tests: tuple[TestRecord, ...]
    modules: dict[str, str]  # dotted name -> path
    environment: dict[str, str]  # variables that were read, as they were (digests)
    patterns: tuple[str, ...]  # of the names of test files
    testpaths: tuple[str, ...]
    roots: tuple[str, ...]  # folders of the repository that modules are imported from
    began: float
    collected: tuple[str, ...]  # every node id that was collected, selected or not
    loads: tuple[tuple[int, int], ...] = ()  # (unit, scope of the import that it had run)
    private: tuple[tuple[str, str], ...] = ()  # classes, by file: no object outlived a test


def named(unit: Unit) -> str:
    """Return the name of a cached function's scope."""
    return f"{unit.path}\t{unit.name}\t{unit.line}"


def cached(scope: ScopeRecord) -> Unit:
    """Return the function that a scope of kind cache is named for."""
    path, name, line = scope.name.split("\t")
    return Unit(path, name, int(line))


def encode(record: Record) -> bytes:
    """Return a record as it is written."""
    return msgspec.msgpack.encode(record)


def decode(data: bytes) -> Record:
    """Return a record as it was written; raises msgspec.DecodeError for anything else."""
    return msgspec.msgpack.decode(data, type=Record)
