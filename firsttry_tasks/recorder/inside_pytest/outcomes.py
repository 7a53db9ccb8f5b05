"""Writes what happens to each test to a file as it happens, so that a crash of pytest loses little.

The process that started pytest reads the file meanwhile.
"""

from __future__ import annotations

import json
import os

import pytest

#: How much of a failure's text is kept, in characters, from its end, where pytest puts the error. A
#: judgement: some 250 lines.
DETAIL = 20_000


class EventStream:
    """Appends one JSON object a line; ``e`` is the kind of event.

    ``start`` (id), ``end`` (id, outcome, seconds, and for what went wrong: when, message, detail,
    path, line), ``collect`` (a file that can't be collected), ``collected`` (how many, what is
    kept with its why, what the project left out), ``note`` (text), ``finish`` (code).
    """

    def __init__(self, path: str) -> None:
        """Open the file; a write that appends is whole, so that processes can share it."""
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, **fields: object) -> None:
        """Append one event; one write a line, so that a kill leaves whole lines."""
        # ensure_ascii keeps lone surrogates apart, which no UTF-8 reader would take.
        line = json.dumps({"e": kind, **fields})
        os.write(self._handle, line.encode("ascii") + b"\n")


class OutcomeReporter:
    """Writes how each test ended."""

    def __init__(self, stream: EventStream) -> None:
        """Remember where to write."""
        self._stream = stream
        #: Of each test that runs: what its worst phase came to, and the seconds of all phases.
        self._worst: dict[str, dict[str, object]] = {}
        self._seconds: dict[str, float] = {}
        #: Tests that were called, or ended before that: those that an end is written for.
        self._called: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Write which test is running, for the case that pytest dies in it."""
        self._stream.write("start", id=clean(nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of the three phases: set-up, call and teardown."""
        nodeid = clean(report.nodeid)
        self._seconds[nodeid] = self._seconds.get(nodeid, 0.0) + report.duration
        outcome = _outcome(report)
        if report.when == "call" or outcome != "passed":
            self._called.add(nodeid)
        worst = self._worst.get(nodeid)
        # Of two that are as bad, the first: the second is often its consequence.
        if worst is None or RANK[outcome] > RANK[str(worst["outcome"])]:
            self._worst[nodeid] = {"outcome": outcome, **_trouble(report, outcome)}

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write how the test ended."""
        nodeid = clean(nodeid)
        # With `--setup-only` a test is set up and does not run.
        if nodeid not in self._called:
            return
        self._called.remove(nodeid)
        worst = self._worst.pop(nodeid, {"outcome": "passed"})
        self._stream.write("end", id=nodeid, seconds=self._seconds.pop(nodeid, 0.0), **worst)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write which file can't be collected, and why."""
        if report.failed:
            text = clean(report.longreprtext)
            self._stream.write(
                "collect", id=clean(report.nodeid), message=_error(text), detail=text[-DETAIL:]
            )

    # Last, because another plugin may change the exit status in this hook.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write that pytest came to its end by itself."""
        self._stream.write("finish", code=int(exitstatus))


#: Which of a test's three phases speaks for it: the one with the highest rank.
RANK = {"passed": 0, "xpassed": 1, "xfailed": 2, "skipped": 3, "failed": 4, "error": 5}


def _outcome(report: pytest.TestReport) -> str:
    """Return how a phase ended, in the words of pytest's summary."""
    if report.failed:
        return "failed" if report.when == "call" else "error"
    # Only this attribute tells an expected failure from a skip; pytest reports both as skipped.
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "skipped" if report.skipped else "passed"


# In reports lines count from 1, for people and annotations; pytest counts from 0.
def _trouble(report: pytest.TestReport, outcome: str) -> dict[str, object]:
    """Return what the event says of a failure: its phase, message, text and place."""
    if outcome not in {"failed", "error"}:
        return {}
    text = clean(report.longreprtext)
    # Set where an exception has been taken apart; plugins may put plain text in its place.
    crash = getattr(report.longrepr, "reprcrash", None)
    path, line, _ = report.location
    return {
        "when": report.when,
        "message": _first(clean(crash.message)) if crash else _first(text),
        "detail": text[-DETAIL:],
        "path": clean(path),
        "line": (line or 0) + 1,
    }


def _error(text: str) -> str:
    """Return the error itself, which stands last of the lines that pytest marks."""
    marked = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    # 400 characters: a message goes to one line of a table; a judgement.
    return marked[-1][:400] if marked else _first(text)


def _first(text: str) -> str:
    """Return the first line that is not empty, for a message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:400] if lines else ""


def clean(text: str) -> str:
    """Return the text without lone surrogates and NULs, which not every reader of JSON takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
