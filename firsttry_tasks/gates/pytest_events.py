"""What one run of pytest says: the stream of events that FirstTry's plugin writes, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.model.values import Counts, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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
    text: str = ""
    code: int = 0


class PytestRun(Struct, frozen=True, kw_only=True):
    """What a whole stream of events says.

    ``why`` maps each selected test to its reason; ``running`` is the test that had begun and not
    ended, "" where none had; ``unran`` are selected tests without an end; ``finished`` tells
    whether pytest came to its end; ``total`` counts the tests that the project's options leave in;
    ``skips`` tells whether the plan left tests out, ``patterns`` what test files are called.
    """

    counts: Counts
    findings: tuple[Finding, ...]
    why: dict[str, str] = {}
    deselected_by_project: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    durations: dict[str, float] = {}
    total: int | None = None
    running: str = ""
    unran: frozenset[str] = frozenset()
    finished: bool = False
    skips: bool = False
    patterns: tuple[str, ...] = ()


def hear(lines: Iterable[str]) -> PytestRun:
    """Read a stream of events up to its end or to the first line that was cut."""
    events = tuple(_events(lines))
    ends = [event for event in events if event.e == "end"]
    asked = [event for event in events if event.e == "collected"]
    broken = [event for event in events if event.e == "collect"]
    begun = [event.id for event in events if event.e == "start"]
    ended = {event.id for event in ends}
    return PytestRun(
        counts=_counts(ends),
        findings=(
            *map(_uncollected, broken),
            *(_failed(event) for event in ends if event.outcome in BAD),
        ),
        why=asked[-1].why if asked else {},
        deselected_by_project=asked[-1].deselected_by_project if asked else (),
        smoke=asked[-1].smoke if asked else (),
        skipped=tuple(event.id for event in ends if event.outcome == "skipped"),
        notes=tuple(event.text for event in events if event.e == "note"),
        durations={event.id: round(event.seconds, 6) for event in ends},
        total=asked[-1].collected - len(asked[-1].deselected_by_project) if asked else None,
        running=next((nodeid for nodeid in reversed(begun) if nodeid not in ended), ""),
        unran=frozenset(asked[-1].why if asked else ()) - ended,
        finished=any(event.e == "finish" for event in events),
        skips=bool(asked and asked[-1].skips),
        patterns=asked[-1].patterns if asked else Event(e="").patterns,
    )


BAD = frozenset({"failed", "error"})


def _events(lines: Iterable[str]) -> Iterable[Event]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Event)
        except msgspec.DecodeError:
            # A kill or a full disk cut the line. What follows can't be trusted, and without the
            # finish event the run counts as died, so nothing is taken for green.
            return


def _counts(ends: Sequence[Event]) -> Counts:
    outcomes = [event.outcome for event in ends]
    return Counts(
        passed=outcomes.count("passed"),
        failed=sum(outcome in BAD for outcome in outcomes),
        skipped=outcomes.count("skipped"),
        xfailed=outcomes.count("xfailed"),
        xpassed=outcomes.count("xpassed"),
    )


def _failed(event: Event) -> Finding:
    rule = event.outcome if event.outcome == "failed" else f"error at {event.when}"
    return finding(
        rule=rule,
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
