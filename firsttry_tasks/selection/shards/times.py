"""Keeps how long tests took in the last runs of each kind of machine, and says what to expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: How many times are kept of a test, for each kind of machine. A judgement: the median of five is
#: one of the quiet ones, also where two of the runs shared their machine with others.
KEPT = 5
#: How many kinds of machines are kept: what CI runs on, and a laptop or two. A judgement.
KINDS = 4


class Times(Struct, frozen=True, kw_only=True):
    """Kind of machine -> node id -> seconds in its last runs, the newest last."""

    kinds: dict[str, dict[str, tuple[float, ...]]] = {}


class Expected(Struct, frozen=True, kw_only=True):
    """What each test is expected to take, and in a few words, how that is known."""

    seconds: dict[str, float]
    basis: str


def kept(times: Times, kind: str, seconds: Mapping[str, float]) -> Times:
    """Return the times with those of one more run, on a machine of this kind."""
    before = times.kinds.get(kind, {})
    fresh = {nodeid: (*before.get(nodeid, ()), it)[-KEPT:] for nodeid, it in seconds.items()}
    others = {name: it for name, it in times.kinds.items() if name != kind}
    # The kind that ran last stands last.
    names = [*others, kind][-KINDS:]
    return Times(kinds={name: (others | {kind: before | fresh})[name] for name in names})


def joined(older: Times, newer: Times) -> Times:
    """Return the times of both, those of the second as the newer ones."""
    kinds = {
        kind: {
            nodeid: (*one.get(nodeid, ()), *other.get(nodeid, ()))[-KEPT:]
            for nodeid in {**one, **other}
        }
        for kind in {**older.kinds, **newer.kinds}
        for one, other in [(older.kinds.get(kind, {}), newer.kinds.get(kind, {}))]
    }
    return Times(kinds=kinds)


def expected(tests: Iterable[str], times: Times, kind: str) -> Expected:
    """Return what these tests are expected to take on a machine of this kind."""
    # Imported late: each run keeps times, and few expect any.
    import statistics

    asked = tuple(tests)
    name = kind if kind in times.kinds else next(reversed(times.kinds), "")
    known = times.kinds.get(name, {})
    found = {nodeid: statistics.median(known[nodeid]) for nodeid in asked if nodeid in known}
    if not found:
        return Expected(
            seconds=dict.fromkeys(asked, 1.0), basis="no times are known: by number of tests"
        )
    seconds = {nodeid: found.get(nodeid, 0.0) for nodeid in asked} | _guessed(asked, found)
    most = max(len(known[nodeid]) for nodeid in found)
    words = f"by the median times of {most} run{'s' if most > 1 else ''}"
    words += "" if name == kind else f" on another kind of machine ({name})"
    new = len(asked) - len(found)
    return Expected(seconds=seconds, basis=words + (f"; {new} tests have no times" if new else ""))


def _guessed(asked: Iterable[str], found: Mapping[str, float]) -> dict[str, float]:
    """Return for tests without a time the median of their file, or else of all tests."""
    import statistics

    by_file: dict[str, list[float]] = {}
    for nodeid, it in found.items():
        by_file.setdefault(nodeid.partition("::")[0], []).append(it)
    middle = {file: statistics.median(several) for file, several in by_file.items()}
    usual = statistics.median(found.values())
    return {
        nodeid: middle.get(nodeid.partition("::")[0], usual)
        for nodeid in asked
        if nodeid not in found
    }
