"""The tests gate reads a stream of events, whole or cut at any byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firsttry_tasks import gates
from firsttry_tasks.config.parity_lock import Lock, Tool
from firsttry_tasks.config.settings import Settings
from firsttry_tasks.config.team.team_command import ToolCall
from firsttry_tasks.gates import pytest as pytest_gate
from tests.builders import completed, job

if TYPE_CHECKING:
    from firsttry_tasks.model.values import ToolResult

COLLECTED = {"e": "collected", "collected": 3, "why": {"t.py::a": "new", "t.py::b": "new"}}
START_A, END_A = (
    {"e": "start", "id": "t.py::a"},
    {"e": "end", "id": "t.py::a", "outcome": "passed", "seconds": 0.5},
)
START_B, END_B = (
    {"e": "start", "id": "t.py::b"},
    {
        "e": "end",
        "id": "t.py::b",
        "outcome": "failed",
        "seconds": 0.5,
        "when": "call",
        "message": "assert 0",
        "path": "t.py",
        "line": 4,
    },
)
FINISH = {"e": "finish", "code": 0}
ALONE = {**COLLECTED, "why": {"t.py::a": "new"}}
GREEN = (ALONE, START_A, END_A, FINISH)
RED = (COLLECTED, START_A, END_A, START_B, END_B, FINISH)


def _said(*events: object, code: int = 0, err: str = "", cut: int | None = None) -> ToolResult:
    text = "".join(f"{json.dumps(event)}\n" for event in events)
    return gates.said("tests", job(), completed(text[:cut], code, err))


@pytest.mark.parametrize(
    ("events", "code", "status", "message"),
    [
        (GREEN, 0, "green", ""),
        (RED, 1, "red", ""),
        (({"e": "collected"}, FINISH), 5, "red", ""),
        (({"e": "collected", "skips": True}, FINISH), 5, "green", ""),
        (({"e": "collected", "patterns": ["check_*.py"]}, FINISH), 5, "green", ""),
        (
            (COLLECTED, START_A, END_A, FINISH),
            0,
            "error",
            "pytest ended early: 1 of 2 tests did not run",
        ),
        ((COLLECTED, START_A), -11, "error", "pytest died (signal 11), in t.py::a"),
        ((COLLECTED, START_A), 0, "error", "pytest died (exit code 0), in t.py::a"),
        ((COLLECTED,), 1, "error", "pytest died (exit code 1), outside of any test"),
        ((), 4, "error", "pytest could not start (exit code 4)"),
        (GREEN, 3, "error", "pytest ended with exit code 3"),
        ((FINISH,), 2, "error", "pytest ended with exit code 2"),
    ],
)
def test_every_end_of_pytest(
    events: tuple[object, ...], code: int, status: str, message: str
) -> None:
    """Exit code and events together say what a run came to."""
    said = _said(*events, code=code)
    assert (said.status, said.message) == (status, message)


def test_a_failure_is_a_finding_on_its_line() -> None:
    """A failing test is found under its node id, with path and line."""
    [it] = _said(*RED, code=1).findings
    assert (it.id, it.nodeid, it.path, it.line) == ("tests:t.py::b", "t.py::b", "t.py", 4)


def test_an_error_in_a_fixture_is_told_as_such() -> None:
    """The rule says in which phase it went wrong."""
    broken = {**END_B, "outcome": "error", "when": "setup"}
    [it] = _said(COLLECTED, START_B, broken, FINISH, code=1).findings
    assert it.rule == "error at setup"


def test_a_file_that_cannot_be_collected_is_a_finding() -> None:
    """Pytest's exit 2 with a collection error is red, not a crash."""
    broken = {"e": "collect", "id": "t.py", "message": "SyntaxError: bad"}
    said = _said(broken, COLLECTED, FINISH, code=2)
    assert (said.status, [it.id for it in said.findings]) == ("red", ["tests:t.py"])


def test_red_without_a_failing_test_is_red() -> None:
    """A plugin that fails the run, such as a coverage limit, can't be overlooked."""
    said = _said(*GREEN, code=1, err="coverage is below 90")
    assert (said.status, [it.rule for it in said.findings]) == ("red", ["exit"])


def test_what_pytest_marks_as_the_error_comes_first() -> None:
    """As of a conftest that can't be imported, whose traceback is longer than a message."""
    lines = "".join(f"shop/part_{n}.py:{n}: in <module>\n    import more\n" for n in range(30))
    said = _said(code=4, err=f"ImportError while loading conftest\n{lines}E   KeyError: 'name'\n")
    assert said.message == (
        "pytest could not start (exit code 4): KeyError: 'name'"
        " (ImportError while loading conftest; at shop/part_29.py:29)"
    )


def test_carets_of_a_traceback_are_left_out() -> None:
    """They stand for what is above them, and a message has one line."""
    said = _said(COLLECTED, code=1, err="a.py:1: in f\n    g(h)\n    ^^~~\nTypeError: no\n")
    assert said.message.endswith("outside of any test: a.py:1: in f g(h) TypeError: no")


def test_a_crash_is_a_finding_of_the_test_it_died_in() -> None:
    """What is known before is counted, and the test is named."""
    said = _said(COLLECTED, START_A, END_A, START_B, code=-9)
    assert said.tests
    assert ([it.nodeid for it in said.findings], said.tests.counts.passed) == (["t.py::b"], 1)


def test_a_timeout_names_the_limit_and_the_test() -> None:
    """The limit is the lock's."""
    limited = job(lock=Lock(tools={"pytest": Tool(timeout=2.5)}))
    text = "".join(f"{json.dumps(event)}\n" for event in (COLLECTED, START_A))
    said = gates.said("tests", limited, completed(text, -15, timed_out=True))
    assert said.message == "pytest ran longer than 2.5 s and was ended, in t.py::a"


@given(st.integers(min_value=0, max_value=600))
def test_a_cut_stream_is_never_green(cut: int) -> None:
    """A kill at any byte leaves an error, never a green run and never a traceback."""
    whole = "".join(f"{json.dumps(event)}\n" for event in GREEN)
    said = _said(*GREEN, code=-9, cut=min(cut, len(whole) - 2))
    assert said.status == "error"


def test_nothing_after_a_broken_line_counts() -> None:
    """A finish that follows a line which can't be read finishes nothing."""
    text = f'{json.dumps(COLLECTED)}\n{{"e": "end"{json.dumps(FINISH)}\n{json.dumps(FINISH)}\n'
    assert gates.said("tests", job(), completed(text)).status == "error"


@pytest.mark.parametrize("outcome", ["passed", "skipped", "xfailed", "xpassed"])
def test_outcomes_are_counted(outcome: str) -> None:
    """Each outcome has its count, and none of them says anything against the code."""
    end = {"e": "end", "id": "t.py::a", "outcome": outcome}
    said = _said(ALONE, START_A, end, FINISH)
    assert said.tests
    assert (said.status, getattr(said.tests.counts, outcome)) == ("green", 1)


@pytest.mark.parametrize("when", ["setup", "call", "teardown", "crash"])
@pytest.mark.parametrize("outcome", ["failed", "melted"])
def test_what_pytest_counts_as_a_failure_is_one(outcome: str, when: str) -> None:
    """Whatever a plugin calls it."""
    end = {"e": "end", "id": "t.py::a", "outcome": outcome, "when": when}
    said = _said(ALONE, START_A, end, FINISH, code=1)
    assert said.tests
    assert (said.status, said.tests.counts.failed) == ("red", 1)


@pytest.mark.parametrize("outcome", ["rerun", "error", "melted"])
def test_an_outcome_of_a_plugin_is_counted_by_its_name(outcome: str) -> None:
    """It is no failure unless pytest counts it as one."""
    end = {"e": "end", "id": "t.py::a", "outcome": outcome}
    said = _said(ALONE, START_A, end, FINISH)
    assert said.tests
    assert (said.status, said.tests.counts.other) == ("green", {outcome: 1})


AGAIN = {**END_B, "id": "t.py::a"}


@pytest.mark.parametrize(
    ("ends", "status", "passed"),
    [
        (({**END_A, "outcome": "rerun"}, END_A), "green", 1),
        ((AGAIN, END_A), "red", 0),
        ((END_A, AGAIN), "red", 0),
    ],
)
def test_attempts_of_a_test_are_one_test(
    ends: tuple[object, ...], status: str, passed: int
) -> None:
    """The last attempt decides, unless pytest has counted an earlier one as a failure."""
    said = _said(ALONE, *ends, FINISH, code=status == "red")
    assert said.tests
    seen = (said.status, len(said.findings), said.tests.counts.passed, said.tests.durations)
    assert seen == (status, int(status == "red"), passed, {"t.py::a": 1.0})


def test_a_test_is_known_by_one_name() -> None:
    """Workers of xdist report a test under a name that tells its group."""
    asked = {**ALONE, "aliases": {"t.py::a@db": "t.py::a"}}
    grouped = ({**START_A, "id": "t.py::a@db"}, {**AGAIN, "id": "t.py::a@db"})
    [it] = _said(asked, *grouped, FINISH, code=1).findings
    assert it.nodeid == "t.py::a"


OWN = {**FINISH, "own": True}


@pytest.mark.parametrize(
    ("events", "code", "rules"),
    [
        ((*GREEN, OWN), 1, ["exit"]),
        ((*GREEN, OWN), 5, ["exit"]),
        (RED, 1, ["failed"]),
        ((*RED, OWN), 1, ["failed", "exit"]),
        (RED, 2, ["failed", "exit"]),
        (({"e": "collect", "id": "t.py", "message": "no"}, COLLECTED, FINISH), 2, ["collect"]),
        ((ALONE, START_A, FINISH), 1, ["exit"]),
    ],
)
def test_a_red_that_no_test_explains_is_a_finding(
    events: tuple[object, ...], code: int, rules: list[str]
) -> None:
    """Beside failed tests as well, since those may be forgiven."""
    assert [it.rule for it in _said(*events, code=code).findings] == rules


def test_what_broke_pytest_is_named_in_its_own_words() -> None:
    """Not by the end of its output, which differs from run to run."""
    broke = {"e": "broke", "text": "RuntimeError: no"}
    said = _said(*GREEN, broke, code=3, err="1 passed in 0.02 s")
    assert said.message == "pytest ended with exit code 3: RuntimeError: no"


def test_pytest_says_what_counts() -> None:
    """A project that lets pytest end with 0 is green, and the failure is told."""
    said = _said(*RED, code=0)
    assert said.tests
    seen = (said.status, said.findings, said.tests.notes)
    assert seen == ("green", (), ("pytest ended with 0 although it counts failures: t.py::b",))


@pytest.mark.parametrize("code", [0, 5])
def test_a_run_that_leaves_tests_out_is_no_green(code: int) -> None:
    """``pytest.exit`` with either code ends it early, also where the plan leaves tests out."""
    said = _said({**COLLECTED, "skips": True}, START_A, END_A, FINISH, code=code)
    assert said.message == "pytest ended early: 1 of 2 tests did not run"


def test_pytest_is_pointed_where_the_settings_say() -> None:
    """Else where the team's own call does; else it looks by itself, as it does by hand."""
    call = ToolCall(paths=("a",))
    own = job(settings=Settings(tests=("checks",)))
    assert pytest_gate.targets(replace(own, call=call)) == ("checks",)
    assert pytest_gate.targets(replace(job(), call=call)) == ("a",)
    assert pytest_gate.targets(job()) == ()


@pytest.mark.parametrize(
    ("stage", "wanted", "has"),
    [("warm", True, "--no-cov"), ("warm", False, "--no-cov"), ("full", True, "--cov=src")],
)
def test_coverage_is_measured_where_the_lock_asks(stage: str, wanted: bool, has: str) -> None:  # noqa: FBT001
    """pytest-cov is off in warm, whatever addopts say."""
    work = job(stage, lock=Lock(coverage=wanted), installed=frozenset({"pytest-cov"}))  # type: ignore[arg-type]
    assert has in pytest_gate.command(work).argv


def test_full_leaves_the_projects_own_limit_of_coverage_in_force() -> None:
    """It decides the team's own run."""
    work = job("full", installed=frozenset({"pytest-cov"}))
    assert not [word for word in pytest_gate.command(work).argv if "cov" in word]


@pytest.mark.parametrize(
    ("events", "own", "found"),
    [
        (GREEN, False, ["coverage:fail-under"]),
        (RED, False, ["tests:t.py::b", "coverage:fail-under"]),
        (GREEN, True, ["coverage:fail-under", "tests:exit"]),
    ],
)
def test_a_limit_of_coverage_is_a_gate_that_only_full_has(
    events: tuple[object, ...],
    own: bool,  # noqa: FBT001
    found: list[str],
) -> None:
    """Warm runs a part of the tests, and can't be held to it."""
    finish = {**FINISH, "own": own, "uncovered": "61 % is covered"}
    assert [it.id for it in _said(*events, finish, code=1).findings] == found


def test_without_pytest_cov_nothing_is_said_of_it() -> None:
    """An unknown option would end pytest."""
    assert not [word for word in pytest_gate.command(job()).argv if "cov" in word]


def test_a_run_without_a_test_names_a_file_that_has_some() -> None:
    """Both stages give it the same id, and it is no red of a plugin."""
    [it] = _said({"e": "collected"}, FINISH, code=5).findings
    assert (it.id, "tests/test_a.py" in it.message) == ("tests:no tests", True)


def test_a_project_without_tests_is_green() -> None:
    """Pytest's exit code 5 says nothing against one that has no file with tests."""
    done = completed('{"e": "collected"}\n{"e": "finish", "code": 5}\n', 5)
    assert gates.said("tests", job(paths=("src/a.py",)), done).status == "green"
