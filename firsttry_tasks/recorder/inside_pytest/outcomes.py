"""Writes what happens to each test to a file as it happens, so that a crash of pytest loses little.

The process that started pytest reads the file meanwhile.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from firsttry_tasks.recorder.inside_pytest.reports import PHASES, Ending, bad, word
from firsttry_tasks.recorder.probes.child.own_file import OwnFile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

#: How much of a failure's text is kept, in characters, from its end, where pytest puts the error. A
#: judgement: some 250 lines.
DETAIL = 20_000

#: Spells an event as JSON, whatever a test makes of the module and its classes meanwhile; in ASCII,
#: which keeps lone surrogates apart that no UTF-8 reader would take.
_spell = json.JSONEncoder(separators=(",", ":")).iterencode


class EventStream:
    """Appends one JSON object a line; ``e`` is the kind of event.

    ``start`` (id), ``end`` (id, outcome, seconds, and for what pytest counts as a failure: when,
    message, detail, path, line), ``collect`` (a file that can't be collected), ``collected`` (how
    many, what is kept with its why, what the project left out), ``note`` (text), ``broke`` (text:
    what ended pytest), ``finish`` (code, and whether the session is red by itself).
    """

    def __init__(self, path: str) -> None:
        """Open the file, which processes can share."""
        self._file = OwnFile(path, 0o644)

    def write(self, kind: str, **fields: object) -> None:
        """Append one event; one write a line, so that a kill leaves whole lines."""
        line = "".join(_spell({"e": kind, **fields}, True))
        self._file.append(line.encode("ascii") + b"\n")


class OutcomeReporter:
    """Writes how each test ended, and how the session did."""

    def __init__(self, stream: EventStream) -> None:
        """Remember where to write."""
        self._stream = stream
        #: The tests that run now, by the node id that they began with.
        self._endings: dict[str, Ending] = {}
        #: The node id with which a test began, by its place: a hook may give a report another one.
        self._places: dict[tuple[str, int | None, str], str] = {}
        #: How many reports pytest has counted as failures.
        self._failures = 0

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Write which test is running, for the case that pytest dies in it."""
        self._places[location] = nodeid
        self._endings[nodeid] = Ending()
        self._stream.write("start", id=clean(nodeid))

    # First, because pytest's own summary of subtests turns a report that passed into a failed one.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what one phase came to."""
        self._failures += bad(report)
        nodeid = self._began(report.nodeid, report.location)
        self._endings.setdefault(nodeid, Ending()).hear(report)
        # What ran the test is dead, and nobody will say that it finished.
        if report.when not in PHASES:
            self._end(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Write how the test ended."""
        self._end(self._began(nodeid, location))

    def _began(self, nodeid: str, place: tuple[str, int | None, str]) -> str:
        """Return the node id with which a test began."""
        return nodeid if nodeid in self._endings else self._places.get(place, nodeid)

    def _end(self, nodeid: str) -> None:
        ending = self._endings.pop(nodeid, Ending())
        report = ending.decisive
        # With `--setup-only` a test is set up and does not run.
        if report is not None:
            self._stream.write(
                "end",
                id=clean(nodeid),
                seconds=ending.seconds,
                outcome=word(report),
                **(_trouble(report) if bad(report) else {}),
            )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write which file can't be collected, and why."""
        self._failures += bad(report)
        if report.failed:
            text = clean(report.longreprtext)
            self._stream.write(
                "collect", id=clean(report.nodeid), message=_error(text), detail=text[-DETAIL:]
            )

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Write what broke pytest itself, or a hook in it."""
        self._stream.write("broke", text=clean(excinfo.exconly())[:400])

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Write what ended pytest early: an interruption, or a call of ``pytest.exit``."""
        self._stream.write("broke", text=clean(excinfo.exconly())[:400])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """From the end of the tests on, mark the status that hooks are given."""
        try:
            return (yield)
        finally:
            # Not earlier: pytest takes longer over each call of a hook that is looked at.
            session.config.pluginmanager.add_hookcall_monitoring(_mark, lambda *_: None)

    # Around all others, because any of them may turn the session red, also by an exception.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Iterator[None]:
        """Write that pytest came to its end by itself, and whether its tests alone explain it."""
        uncovered, limit = _uncovered(session.config), _limit(session.config)
        # More than the reports account for: a plugin counts failures of no test. pytest-cov counts
        # one for its limit, which is told by itself.
        own = session.testsfailed > self._failures + bool(uncovered)
        # Before the others, since one of them may end the process.
        self._stream.write(
            "finish", code=int(exitstatus), own=own, uncovered=uncovered, limit=limit
        )
        session.exitstatus = exitstatus
        try:
            yield
        except BaseException:
            own = True
            raise
        finally:
            code = int(session.exitstatus)
            anew = isinstance(exitstatus, Red) and not isinstance(session.exitstatus, Red)
            own = own or anew or code != exitstatus
            self._stream.write("finish", code=code, own=own, uncovered=uncovered, limit=limit)


def _uncovered(config: pytest.Config) -> str:
    """Return what pytest-cov has against the run: less is covered than the project asks for."""
    total = getattr(config.pluginmanager.get_plugin("_cov"), "cov_total", None)
    asked = _limit(config)
    if total is None or not asked or total >= asked:
        return ""
    return f"{total:.2f} % is covered, and the project asks for {asked:g} % (fail-under)"


def _limit(config: pytest.Config) -> float:
    """Return how much the project asks pytest-cov for, in per cent; 0 for no limit."""
    coverage = config.pluginmanager.get_plugin("_cov")
    measures = getattr(coverage, "cov_controller", None) is not None
    asked = getattr(getattr(coverage, "options", None), "cov_fail_under", None)
    return float(asked or 0) if measures else 0.0


class Red(int):
    """The exit status of failed tests, which can be told from a 1 that a hook comes with."""

    name, value = pytest.ExitCode.TESTS_FAILED.name, pytest.ExitCode.TESTS_FAILED.value

    def __or__(self, other: int) -> int:
        """Stay what it is where a hook adds nothing to it: plugins write `status |= mine`."""
        return self if other == 0 or isinstance(other, Red) else int(self) | other

    __ror__ = __or__


def _mark(hook: str, _: object, given: Mapping[str, object]) -> None:
    """Let a hook that writes back what it was given write what can be told."""
    if hook == "pytest_sessionfinish" and given["exitstatus"] == Red.value:
        # pluggy hands the hooks this very dict.
        cast("dict[str, object]", given)["exitstatus"] = Red(Red.value)


# In reports lines count from 1, for people and annotations; pytest counts from 0.
def _trouble(report: pytest.TestReport) -> dict[str, object]:
    """Return what the event says of a failure: its phase, message, text and place."""
    text = clean(report.longreprtext)
    # Set where an exception has been taken apart; plugins may put plain text in its place.
    crash = getattr(report.longrepr, "reprcrash", None)
    path, line, _ = report.location
    # What reports a crash writes the sentence last, below the process that it speaks of. Where a
    # fixture is missing, no exception is taken apart, and the text begins with a place.
    died = report.when not in PHASES
    said = text.strip().rpartition("\n")[2] if died else _error(text)
    return {
        "when": "crash" if died else report.when,
        "message": _first(clean(crash.message) if crash else said),
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
