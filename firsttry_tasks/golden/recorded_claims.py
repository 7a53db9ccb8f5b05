"""Reads the recorded runs of a foreign db within bounds, and refuses what no run could record.

Selection follows numbers from tests to scopes to units without a check of its own. So every number
is checked here, once, before a foreign db is used.
"""

from __future__ import annotations

import zlib
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.golden import databases
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
from firsttry_tasks.selection.syntax.fragment import Fragment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Sized
    from pathlib import Path

T = TypeVar("T")
#: Bytes that all rows together may unpack to; the largest real ones have some ten megabytes.
MOST_ROWS = 256 << 20
SUBMODULE = "160000"
#: How deep scopes may lie in each other. Real ones, fixtures of fixtures, are some ten deep;
#: Python's limit of 1,000 calls must stay out of reach for code that walks them. A judgement.
MOST_DEEP = 400
#: Bytes of one unit's number in ``RecordedTest.units``, which packs them.
WORD = 4


def read(path: Path) -> tuple[RecordedRun, ...]:
    """Return a db's recorded runs; raises BadBoxError where one can't be what a run recorded."""
    rows = _Rows()
    with closing(databases.opened(path)) as link:
        found = link.execute("SELECT body FROM ft_session ORDER BY id DESC")
        recorded_runs = tuple(rows.decoded(body, RecordedRun) for (body,) in found)
        sources = link.execute("SELECT path, blob, pieces FROM ft_source")
        lengths = {
            (place, blob): len(rows.decoded(body, tuple[Fragment, ...]))
            for place, blob, body in sources
        }
    if not any(recorded.tests for recorded in recorded_runs):
        raise BadBoxError("its db knows no test")
    for recorded in recorded_runs:
        wrong = next(issues(recorded, lengths), None) or _too_deep(recorded)
        if wrong:
            raise BadBoxError(f"its db is not what a run records: {wrong}")
    return recorded_runs


class _Rows:
    """Unpacks and decodes rows; all of them together must stay within ``MOST_ROWS`` bytes."""

    def __init__(self) -> None:
        self._left = MOST_ROWS

    def decoded(self, body: object, kind: type[T]) -> T:
        if not isinstance(body, bytes):
            raise BadBoxError("its db has a row that is no recording")
        stream = zlib.decompressobj()
        try:
            # By a stream with a bound: a few kilobytes of zlib can unpack to gigabytes.
            data = stream.decompress(body, self._left + 1)
            self._left -= len(data)
            if not stream.eof or self._left < 0:
                raise BadBoxError("its db has a row that is cut, or unpacks to too much")
            return msgspec.msgpack.decode(data, type=kind)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadBoxError(f"its db has a row that can't be read ({error})") from error


def uncommitted(manifest: Mapping[str, str], committed: Mapping[str, str]) -> str:
    """Return a path of a run's manifest that is not what the commit has there; "" for none.

    A box that names the content of a later change as its own would hide that change.
    """
    inside = tuple(f"{p}/" for p, entry in committed.items() if entry.startswith(SUBMODULE))
    return next(
        (
            path
            for path, entry in manifest.items()
            # The commit knows a submodule by its own commit alone.
            if _blob(committed.get(path, "")) != _blob(entry) and not path.startswith(inside)
        ),
        "",
    )


def _blob(entry: str) -> str:
    """Return the blob that git has of an entry: what stands on disk may differ by a filter."""
    return entry.partition(" ")[2].partition(" ")[0].partition("+")[0]


def issues(recorded: RecordedRun, lengths: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Yield a sentence for each claim that no run could have recorded."""
    # -1 (``NOWHERE``) is no error: a run records it for a unit that is in no fragment.
    for path, fragment in recorded.units:
        if not -1 <= fragment < lengths.get((path, recorded.manifest.get(path, "")), 0):
            yield f"{path} has no fragment {fragment}"
    yield from _scopes(recorded)
    yield from _tests(recorded)


def _scopes(recorded: RecordedRun) -> Iterator[str]:
    for scope in recorded.scopes:
        ran = (*scope.units, *(unit for _, unit in scope.lines))
        seen = (*scope.observations, *(it for _, it in scope.asked))
        known = _within(ran, recorded.units) and _within(seen, recorded.observations)
        if not (known and _within(scope.used, recorded.scopes)):
            yield f"the frame {scope.name!r} rests on what is not there"


def _tests(recorded: RecordedRun) -> Iterator[str]:
    for test in recorded.tests:
        known = not len(test.units) % WORD and _within(test.ran(), recorded.units)
        held = _within(test.observations, recorded.observations) and _within(
            test.scopes, recorded.scopes
        )
        if not (known and held):
            yield f"{test.nodeid!r} rests on what is not there"
        # Without a scope, or a file in the manifest, no change would ever select the test.
        if not test.scopes or test.path not in recorded.manifest:
            yield f"{test.nodeid!r} rests on no file of the tree"


def _within(numbers: Sequence[int], things: Sized) -> bool:
    return not numbers or (min(numbers) >= 0 and max(numbers) < len(things))


def _too_deep(recorded: RecordedRun) -> str | None:
    """Return a sentence where scopes lie deeper in each other than ``MOST_DEEP``, else None."""
    # With a list of its own, not by recursion: the depth is what is in doubt. A scope that was
    # visited is not visited again, so circles end.
    deep: dict[int, int] = {}
    for start in range(len(recorded.scopes)):
        waiting = [] if start in deep else [(start, 1)]
        while waiting:
            number, depth = waiting.pop()
            if depth > MOST_DEEP:
                return "its frames lie too deep in each other"
            if number not in deep:
                deep[number] = depth
                waiting += [(used, depth + 1) for used in recorded.scopes[number].used]
    return None
