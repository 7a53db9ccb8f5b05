"""What a foreign db claims that tests rest on: read within bounds, and possible at all."""

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
#: What all rows together may unpack to; the largest real ones have some ten megabytes.
MOST_ROWS = 256 << 20
#: How deep scopes may lie in each other; real ones are fixtures of fixtures.
MOST_DEEP = 400
#: Bytes of a unit's number in a test.
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
    """Unpacks rows, all of them together within a bound."""

    def __init__(self) -> None:
        self._left = MOST_ROWS

    def decoded(self, body: object, kind: type[T]) -> T:
        if not isinstance(body, bytes):
            raise BadBoxError("its db has a row that is no recording")
        stream = zlib.decompressobj()
        try:
            data = stream.decompress(body, self._left + 1)
            self._left -= len(data)
            if not stream.eof or self._left < 0:
                raise BadBoxError("its db has a row that is cut, or unpacks to too much")
            return msgspec.msgpack.decode(data, type=kind)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadBoxError(f"its db has a row that can't be read ({error})") from error


def issues(recorded: RecordedRun, lengths: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Yield what no recorded run would say."""
    for path, fragment in recorded.units:
        if not -1 <= fragment < lengths.get((path, recorded.manifest.get(path, "")), 0):
            yield f"{path} has no fragment {fragment}"
    yield from _scopes(recorded)
    yield from _tests(recorded)


def _scopes(recorded: RecordedRun) -> Iterator[str]:
    for scope in recorded.scopes:
        ran = (*scope.units, *(unit for _, unit in scope.lines))
        there = _within(ran, recorded.units) and _within(scope.observations, recorded.observations)
        if not (there and _within(scope.used, recorded.scopes)):
            yield f"the frame {scope.name!r} rests on what is not there"


def _tests(recorded: RecordedRun) -> Iterator[str]:
    for test in recorded.tests:
        there = not len(test.units) % WORD and _within(test.ran(), recorded.units)
        held = _within(test.observations, recorded.observations) and _within(
            test.scopes, recorded.scopes
        )
        if not (there and held):
            yield f"{test.nodeid!r} rests on what is not there"
        if not test.scopes or test.path not in recorded.manifest:
            yield f"{test.nodeid!r} rests on no file of the tree"


def _within(numbers: Sequence[int], things: Sized) -> bool:
    return not numbers or (min(numbers) >= 0 and max(numbers) < len(things))


def _too_deep(recorded: RecordedRun) -> str | None:
    """Follow scopes into scopes, as selection does, each visited once."""
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
