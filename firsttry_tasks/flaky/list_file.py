"""Reads, writes and merges ``ci/flaky_tests.json``, in which each test has a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from firsttry_tasks.flaky.memory import FILE, newest, trim, whole
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: How git begins the parts of a conflict, and how it ends one. The part of the common ancestor is
#: there only where merge.conflictStyle is diff3 or zdiff3.
OURS, BASE, THEIRS, END = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


def encode(memory: FlakyMemory) -> bytes:
    """Return the file's bytes; tests are sorted, one a line."""
    # A line for each test, because git merges by lines: where two branches learned of different
    # tests, even a clone without the merge driver often has no conflict.
    parts = (
        f'  "nodeids": {_lines("[]", map(_json, memory.nodeids))}',
        f'  "tests": {_lines("{}", _pairs(memory.tests))}',
        f'  "gone": {_lines("{}", _pairs(memory.gone))}',
    )
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("utf-8")


def _lines(ends: str, items: Iterable[str]) -> str:
    inside = ",\n".join(f"    {item}" for item in items)
    return f"{ends[0]}\n{inside}\n  {ends[1]}" if inside else ends


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{_json(name)}: {_json(value)}" for name, value in sorted(values.items())]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def decode(data: bytes) -> FlakyMemory:
    """Return the memory in a file; where git left a conflict in it, both sides are merged.

    Raises UsageError, with what to do, where the file can't be read.
    """
    try:
        text = data.decode("utf-8")
        # A run in the middle of a merge must not stop for a conflict that a machine can settle.
        if OURS in text and THEIRS in text:
            return merge(None, *(_memory(side) for side in _sides(text)))
        return _memory(text)
    except ValueError as error:
        raise UsageError(
            f"{FILE} can't be read: {error}. Mend it, or take the last good one: "
            f"git checkout HEAD -- {FILE}"
        ) from error


def _memory(text: str) -> FlakyMemory:
    memory = decoding.json(text, FlakyMemory)
    for nodeid, test in memory.tests.items():
        for name in ("first", "last", "expires"):
            _require_day(getattr(test, name), f"{name} of {nodeid}")
    for nodeid, left in memory.gone.items():
        _require_day(left.at, f"when {nodeid} left")
    # People and merges edit the file; the rest of the code relies on sorted, unique ids.
    return replace(memory, nodeids=tuple(sorted(set(memory.nodeids))))


def _require_day(text: str, name: str) -> None:
    """Raise ValueError where a text, unless it is empty, does not begin with a day."""
    import datetime as dt

    try:
        dt.date.fromisoformat(text[:10] or "2000-01-01")
    except ValueError as error:
        raise ValueError(f"{name} is {text[:40]!r}, which is no day") from error


def _sides(text: str) -> tuple[str, str]:
    """Return the file as each side of the conflict has it, without the common ancestor's lines."""
    sides: tuple[list[str], list[str]] = ([], [])
    into: tuple[int, ...] = (0, 1)
    for line in text.splitlines():
        mark = line[:7]
        if mark == OURS:
            into = (0,)
        elif mark == BASE:
            into = ()
        elif mark == THEIRS:
            into = (1,)
        elif mark == END:
            into = (0, 1)
        else:
            for side in into:
                sides[side].append(line)
    return "\n".join(sides[0]), "\n".join(sides[1])


def merge(base: FlakyMemory | None, ours: FlakyMemory, theirs: FlakyMemory) -> FlakyMemory:
    """Return what both branches know.

    A test that one branch took off the list stays only where the other saw a failure of it since.
    ``base`` is their common ancestor, None where it is not known.
    """
    old = whole(base or FlakyMemory())
    left, right = whole(ours), whole(theirs)
    tests = {}
    for nodeid in sorted(left.keys() | right.keys()):
        test = _both(old.get(nodeid), left.get(nodeid), right.get(nodeid))
        if test:
            tests[nodeid] = test
    gone = {n: left for n, left in {**theirs.gone, **ours.gone}.items() if n not in tests}
    return FlakyMemory(nodeids=tuple(tests), tests=tests, gone=newest(gone))


def _both(
    old: FlakyTest | None, left: FlakyTest | None, right: FlakyTest | None
) -> FlakyTest | None:
    if left is None or right is None:
        one = left or right
        dropped = old is not None and (one is None or one.last <= old.last)
        return None if dropped else one
    # Both counted on from the same past: adding them up would count that past twice.
    shared = _shared(old, left, right)
    newer = max(left, right, key=lambda test: test.last)
    passes = {
        day: left.passes.get(day, 0) + right.passes.get(day, 0) - shared.passes.get(day, 0)
        for day in left.passes.keys() | right.passes.keys()
    }
    return trim(
        replace(
            newer,
            first=min(filter(None, (left.first, right.first)), default=""),
            # Never less than one side has: without an ancestor the shared part is only estimated.
            runs=max(left.runs, right.runs, left.runs + right.runs - shared.runs),
            failures=max(
                left.failures, right.failures, left.failures + right.failures - shared.failures
            ),
            owner=_changed(shared.owner, left.owner, right.owner),
            expires=max(left.expires, right.expires),
            passes={day: count for day, count in passes.items() if count > 0},
            sightings=left.sightings + right.sightings,
        )
    )


def _shared(old: FlakyTest | None, left: FlakyTest, right: FlakyTest) -> FlakyTest:
    """Return the evidence on both sides: the ancestor's, and sightings that reached both since.

    Without an ancestor, passes of the same day are taken to be the same passes, so that a merge
    counts too few rather than too many: passes take a test off the list.
    """
    common = set(left.sightings) & set(right.sightings)
    news = common.difference(old.sightings) if old else common
    days = left.passes.keys() & right.passes.keys()
    passes = old.passes if old else {d: min(left.passes[d], right.passes[d]) for d in days}
    before = old or FlakyTest(runs=sum(passes.values()))
    return replace(
        before,
        runs=before.runs + sum(it.runs for it in news),
        failures=before.failures + sum(it.failures for it in news),
        passes=passes,
    )


def _changed(old: str, left: str, right: str) -> str:
    return right if left == old else left
