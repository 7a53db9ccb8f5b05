"""Streams what happens to each test, line by line, so that a crash leaves what was known."""

from __future__ import annotations

import json
import os

import pytest

#: How much of a failure's text is kept, in characters.
DETAIL = 20_000


class EventStream:
    """One JSON object a line; ``e`` is the kind of event.

    ``start`` (id), ``end`` (id, outcome, seconds, and for what went wrong: when, message, detail,
    path, line), ``collect`` (a file that can't be collected), ``collected`` (how many, what is
    kept with its why, what the project left out), ``note`` (text), ``finish`` (code).
    """

    def __init__(self, path: str) -> None:
        """Open the file to append to; each write is whole, so processes can share it."""
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, **fields: object) -> None:
        """Append one event; one write a line, so that a kill leaves whole lines."""
        # ensure_ascii keeps lone surrogates apart, which no UTF-8 reader would take.
        line = json.dumps({"e": kind, **fields})
        os.write(self._handle, line.encode("ascii") + b"\n")


class OutcomeReporter:
    """Writes what each test came to."""

    def __init__(self, stream: EventStream) -> None:
        """Remember where to write."""
        self._stream = stream
        self._worst: dict[str, dict[str, object]] = {}
        self._seconds: dict[str, float] = {}
        self._called: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which test is running, for the case that pytest dies in it."""
        self._stream.write("start", id=clean(nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of the three phases, and write it after the last."""
        nodeid = clean(report.nodeid)
        self._seconds[nodeid] = self._seconds.get(nodeid, 0.0) + report.duration
        outcome = _outcome(report)
        if report.when == "call" or outcome != "passed":
            self._called.add(nodeid)
        worst = self._worst.get(nodeid)
        if worst is None or RANK[outcome] > RANK[str(worst["outcome"])]:
            self._worst[nodeid] = {"outcome": outcome, **_trouble(report, outcome)}

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write what the test came to; one that was only set up (--setup-only) did not run."""
        nodeid = clean(nodeid)
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

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write that pytest came to its end by itself."""
        self._stream.write("finish", code=int(exitstatus))


#: Which of a test's three phases speaks for it.
RANK = {"passed": 0, "xpassed": 1, "xfailed": 2, "skipped": 3, "failed": 4, "error": 5}


def _outcome(report: pytest.TestReport) -> str:
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "skipped" if report.skipped else "passed"


def _trouble(report: pytest.TestReport, outcome: str) -> dict[str, object]:
    if outcome not in {"failed", "error"}:
        return {}
    text = clean(report.longreprtext)
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
    return marked[-1][:400] if marked else _first(text)


def _first(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:400] if lines else ""


def clean(text: str) -> str:
    """Return the text as every JSON reader takes it: no lone surrogates, no NUL."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
