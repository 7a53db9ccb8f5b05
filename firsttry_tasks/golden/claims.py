"""What a foreign db claims that tests rest on: read within bounds, and possible at all."""

from __future__ import annotations

import zlib
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.golden import databases
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.selection.evidence.recorded_run import Session
from firsttry_tasks.selection.syntax.fragment import Fragment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Sized
    from pathlib import Path

T = TypeVar("T")
#: What all rows together may unpack to; the largest real ones have some ten megabytes.
MOST_ROWS = 256 << 20
#: How deep frames may lie in each other; real ones are fixtures of fixtures.
MOST_DEEP = 400
#: Bytes of a unit's number in a test.
WORD = 4


def read(path: Path) -> tuple[Session, ...]:
    """Return a db's sessions; raises BadBoxError where one can't be what a run recorded."""
    rows = _Rows()
    with closing(databases.opened(path)) as link:
        found = link.execute("SELECT body FROM ft_session ORDER BY id DESC")
        sessions = tuple(rows.decoded(body, Session) for (body,) in found)
        sources = link.execute("SELECT path, blob, pieces FROM ft_source")
        lengths = {
            (place, blob): len(rows.decoded(body, tuple[Fragment, ...]))
            for place, blob, body in sources
        }
    if not any(session.tests for session in sessions):
        raise BadBoxError("its db knows no test")
    for session in sessions:
        wrong = next(issues(session, lengths), None) or _too_deep(session)
        if wrong:
            raise BadBoxError(f"its db is not what a run records: {wrong}")
    return sessions


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


def issues(session: Session, lengths: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Yield what no recorded run would say."""
    for path, fragment in session.units:
        if not -1 <= fragment < lengths.get((path, session.manifest.get(path, "")), 0):
            yield f"{path} has no fragment {fragment}"
    yield from _frames(session)
    yield from _tests(session)


def _frames(session: Session) -> Iterator[str]:
    for frame in session.frames:
        ran = (*frame.units, *(unit for _, unit in frame.lines))
        there = _within(ran, session.units) and _within(frame.observations, session.observations)
        if not (there and _within(frame.used, session.frames)):
            yield f"the frame {frame.name!r} rests on what is not there"


def _tests(session: Session) -> Iterator[str]:
    for test in session.tests:
        there = not len(test.units) % WORD and _within(test.ran(), session.units)
        held = _within(test.observations, session.observations) and _within(
            test.frames, session.frames
        )
        if not (there and held):
            yield f"{test.nodeid!r} rests on what is not there"
        if not test.frames or test.path not in session.manifest:
            yield f"{test.nodeid!r} rests on no file of the tree"


def _within(numbers: Sequence[int], things: Sized) -> bool:
    return not numbers or (min(numbers) >= 0 and max(numbers) < len(things))


def _too_deep(session: Session) -> str | None:
    """Follow frames into frames, as selection does, each visited once."""
    deep: dict[int, int] = {}
    for start in range(len(session.frames)):
        waiting = [] if start in deep else [(start, 1)]
        while waiting:
            number, depth = waiting.pop()
            if depth > MOST_DEEP:
                return "its frames lie too deep in each other"
            if number not in deep:
                deep[number] = depth
                waiting += [(used, depth + 1) for used in session.frames[number].used]
    return None
