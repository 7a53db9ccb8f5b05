"""What one run of pytest says: the stream of events that FirstTry's plugin writes, read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.model.values import Counts, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


#: The outcomes that pytest itself has; plugins have others.
KNOWN = frozenset({"passed", "failed", "skipped", "xfailed", "xpassed"})
#: The rule of a finding that says that a process died in a test.
CRASH = "crash"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the plugin's stream; ``e`` is its kind, and says which other fields are set."""

    e: str
    id: str = ""
    outcome: str = ""
    seconds: float = 0.0
    when: str = ""
    message: str = ""
    detail: str = ""
    path: str | None = None
    line: int | None = None
    collected: int = 0
    why: dict[str, str] = {}
    deselected_by_project: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    #: Whether FirstTry's own plan left tests or files out of this run.
    skips: bool = False
    #: pytest's ``python_files``: what a test file is called here.
    patterns: tuple[str, ...] = ("test_*.py", "*_test.py")
    #: Node ids by which reports call a test -> the one by which it is known.
    aliases: dict[str, str] = {}
    #: Tests that marks in their own code skip or expect to fail.
    by_code: tuple[str, ...] = ()
    text: str = ""
    code: int = 0
    #: Whether something besides the reports of tests turned the session red.
    own: bool = False
    #: What pytest-cov says where less is covered than the project asks for.
    uncovered: str = ""
    #: How much pytest-cov is asked for, in per cent.
    limit: float = 0.0
    #: All tests as they were collected, and what each has, or had better have, in common.
    order: tuple[str, ...] = ()
    bound: dict[str, tuple[str, ...]] = {}
    shares: dict[str, tuple[str, ...]] = {}

    @property
    def bad(self) -> bool:
        """Tell whether a test ended in a way that pytest counts as a failure."""
        # By the phase: outcomes may have any name that a plugin thinks of.
        return bool(self.when)


class PytestRun(Struct, frozen=True, kw_only=True):
    """What a whole stream of events says.

    ``why`` maps each selected test to its reason; ``running`` is the test that had begun and not
    ended, "" where none had; ``unran`` are selected tests without an end; ``finished`` tells
    whether pytest came to its end; ``total`` counts the tests that the project's options leave in;
    ``skips`` tells whether the plan left tests out, ``patterns`` what test files are called.
    ``outcomes`` has how each test ended: failed, or in pytest's words or a plugin's; ``by_code``
    are those that marks in their own code skip or expect to fail. ``own`` tells whether the session
    is red by itself, ``broke`` what ended pytest early, and ``uncovered`` what pytest-cov asks for,
    which is ``limit`` per cent. Of a collection ``order`` are its tests, ``bound`` and ``shares``
    the names of what they have in common.
    """

    counts: Counts
    findings: tuple[Finding, ...]
    why: dict[str, str] = {}
    deselected_by_project: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    outcomes: dict[str, str] = {}
    by_code: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    durations: dict[str, float] = {}
    total: int | None = None
    running: str = ""
    unran: frozenset[str] = frozenset()
    finished: bool = False
    skips: bool = False
    patterns: tuple[str, ...] = ()
    own: bool = False
    broke: str = ""
    uncovered: str = ""
    limit: float = 0.0
    order: tuple[str, ...] = ()
    bound: dict[str, tuple[str, ...]] = {}
    shares: dict[str, tuple[str, ...]] = {}


def hear(lines: Iterable[str]) -> PytestRun:
    """Read a stream of events up to its end or to the first line that was cut."""
    events = tuple(_events(lines))
    asked = next((event for event in reversed(events) if event.e == "collected"), Event(e=""))
    ends = _ends(events, asked.aliases)
    begun = [asked.aliases.get(event.id, event.id) for event in events if event.e == "start"]
    finishes = [event for event in events if event.e == "finish"]
    broken = [event for event in events if event.e == "collect"]
    bonds = next((event for event in events if event.e == "bonds"), Event(e=""))
    return PytestRun(
        counts=_counts(ends.values()),
        findings=(
            *map(_uncollected, broken),
            *(_failed(event) for event in ends.values() if event.bad),
        ),
        why=asked.why,
        deselected_by_project=asked.deselected_by_project,
        smoke=asked.smoke,
        outcomes={
            nodeid: "failed" if event.bad else event.outcome for nodeid, event in ends.items()
        },
        by_code=frozenset(asked.by_code),
        notes=tuple(event.text for event in events if event.e == "note"),
        durations={nodeid: round(event.seconds, 6) for nodeid, event in ends.items()},
        total=asked.collected - len(asked.deselected_by_project) if asked.e else None,
        running=next((nodeid for nodeid in reversed(begun) if nodeid not in ends), ""),
        unran=frozenset(asked.why) - ends.keys(),
        finished=bool(finishes),
        skips=asked.skips,
        patterns=asked.patterns,
        own=any(event.own for event in finishes),
        uncovered=finishes[-1].uncovered if finishes else "",
        limit=finishes[-1].limit if finishes else 0.0,
        broke=next((event.text for event in reversed(events) if event.e == "broke"), ""),
        order=bonds.order,
        bound=bonds.bound,
        shares=bonds.shares,
    )


def _ends(events: Iterable[Event], aliases: Mapping[str, str]) -> dict[str, Event]:
    """Return how each test ended: by its first bad end, or else by its last.

    A plugin that runs a test again ends each attempt, and two tests may share a node id.
    """
    found: dict[str, Event] = {}
    for event in events:
        if event.e != "end":
            continue
        nodeid = aliases.get(event.id, event.id)
        before = found.get(nodeid)
        decides = before if before is not None and before.bad else event
        seconds = event.seconds + (before.seconds if before is not None else 0.0)
        found[nodeid] = msgspec.structs.replace(decides, id=nodeid, seconds=seconds)
    return found


def _events(lines: Iterable[str]) -> Iterable[Event]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Event)
        except msgspec.DecodeError:
            # A kill or a full disk cut the line. What follows can't be trusted, and without the
            # finish event the run counts as died, so nothing is taken for green.
            return


def _counts(ends: Iterable[Event]) -> Counts:
    counted = Counter("failed" if event.bad else event.outcome for event in ends)
    return Counts(
        passed=counted["passed"],
        failed=counted["failed"],
        skipped=counted["skipped"],
        xfailed=counted["xfailed"],
        xpassed=counted["xpassed"],
        other={name: counted[name] for name in sorted(counted.keys() - KNOWN)},
    )


def _failed(event: Event) -> Finding:
    rules = {"call": "failed", CRASH: CRASH}
    return finding(
        rule=rules.get(event.when, f"error at {event.when}"),
        nodeid=event.id,
        message=event.message,
        detail=event.detail,
        path=event.path,
        line=event.line,
    )


def _uncollected(event: Event) -> Finding:
    path = event.id.partition("::")[0] or None
    return finding(
        rule="collect",
        nodeid=event.id,
        message=event.message,
        detail=event.detail,
        path=path,
        line=1,
    )


def finding(
    *,
    rule: str,
    nodeid: str,
    message: str,
    detail: str = "",
    path: str | None = None,
    line: int | None = None,
) -> Finding:
    """Return a finding of the tests gate: of a test, or of the whole run where there is none."""
    # The id has no message and no line: both stages must give a failing test the same id even where
    # its message holds an address or a time.
    return Finding(
        id=f"tests:{nodeid or rule}",
        gate="tests",
        tool="pytest",
        rule=rule,
        message=message,
        path=path,
        line=line,
        nodeid=nodeid or None,
        detail=detail,
    )
