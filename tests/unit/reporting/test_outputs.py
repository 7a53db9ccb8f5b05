"""What people and their tools read: clickable lines, tables, annotations, summaries."""

from __future__ import annotations

import io
import os

import msgspec
import pytest

from firsttry_tasks.model.values import Finding, GateReport, Verdict
from firsttry_tasks.parity import compare
from firsttry_tasks.reporting import answers, github, table
from firsttry_tasks.reporting import text as reporting_text
from firsttry_tasks.reporting.console import Console
from firsttry_tasks.selection.decide.queries import Answer
from tests.builders import detail, finding, report, result

LINT = Finding(
    id="ruff:a.py:3:1:F401",
    gate="ruff",
    tool="ruff",
    rule="F401",
    message="unused",
    path="a.py",
    line=3,
    column=1,
)
FAILED = msgspec.structs.replace(finding("t.py::a"), path="t.py", line=4, detail="> assert 0\nE no")


@pytest.mark.parametrize(
    ("it", "line"),
    [
        (LINT, "a.py:3:1: unused [F401]"),
        (FAILED, "t.py:4: t.py::a no [failed]"),
        (msgspec.structs.replace(LINT, column=None, line=None), "a.py: unused [F401]"),
        (msgspec.structs.replace(LINT, path=None, line=None, column=None), "unused [F401]"),
    ],
)
def test_a_finding_can_be_clicked(it: Finding, line: str) -> None:
    """Path, line and column stand first, as terminals and editors want them."""
    assert reporting_text.finding(it) == line


LONG = """\
n = 1

    def test_a(n):
        a = [1, 2]
>       assert a == [1]
E       assert [1, 2] == [1]
E
E         Left contains one more item: 2
E         Use -v to get more diff

t.py:9: AssertionError"""
CHAIN = """\
    def test_b():
>       helper()

t.py:3:
_ _ _ _ _

    def helper():
>       raise ValueError("no")
E       ValueError: no
E       really

lib.py:7: ValueError"""

MISSING = """\
file t.py, line 1
  def test_a(db):
E       fixture 'db' not found
>       available fixtures: cache
>       use 'pytest --fixtures [testpath]' for help on them.

t.py:1"""


def _failed(detail: str, message: str = "") -> Finding:
    return msgspec.structs.replace(FAILED, detail=detail, message=message)


@pytest.mark.parametrize(
    ("it", "lines"),
    [
        (FAILED, ["> assert 0", "E no"]),
        (
            _failed(LONG, "assert [1, 2] == [1]"),
            ["> assert a == [1]", "E   Left contains one more item: 2", "t.py:9: AssertionError"],
        ),
        (
            _failed(CHAIN, "ValueError: no"),
            ['> raise ValueError("no")', "E really", "lib.py:7: ValueError"],
        ),
        (_failed(MISSING, "file t.py"), ["E fixture 'db' not found", "t.py:1"]),
        (_failed("a plugin's words"), ["a plugin's words"]),
    ],
)
def test_a_failure_is_cut_to_its_assertion(it: Finding, lines: list[str]) -> None:
    """The line that failed, what pytest says to it, and where that is."""
    assert reporting_text.assertion(it, 12) == lines


def test_the_whole_text_is_shown_when_asked_for() -> None:
    """As pytest wrote it."""
    lines = reporting_text.findings([_failed(LONG)], "x", whole=True)
    assert [line.strip() for line in lines[1:]] == [line.strip() for line in LONG.splitlines()]


@pytest.mark.parametrize("many", [1, 5, 20, 58, 300])
def test_many_failures_fit_on_a_page(many: int) -> None:
    """The fewer they are, the more is said of each."""
    found = [_failed(LONG, "assert [1, 2] == [1] " + "very long " * 30)] * many
    lines = reporting_text.findings(found, "x", most=99)
    assert (len(lines) <= 70, len(lines) >= min(many, 60)) == (True, True)


def test_of_many_failures_each_has_one_line() -> None:
    """That does not wrap."""
    lines = reporting_text.findings([_failed(LONG, "very " * 60)] * 58, "x", most=79)
    assert (len(lines), max(map(len, lines)) <= 79) == (58, True)


def test_many_findings_are_counted() -> None:
    """The console shows the first and says where the others are."""
    lines = reporting_text.findings([LINT] * 65, "artifacts/r.json")
    assert (len(lines), lines[-1]) == (61, "... and 5 more in artifacts/r.json; all of them: -v")


def test_a_table_fits_a_narrow_terminal() -> None:
    """What does not is cut, and says so."""
    made = report("warm", result("tests", why=("a reason " * 20,)))
    lines = reporting_text.report(made, most=60)
    assert (max(map(len, lines)), lines[2].endswith("...")) == (60, True)


def test_the_table_lines_up() -> None:
    """Columns are as wide as their widest cell."""
    lines = table.table(("gate", "time"), [("ruff", "0.1 s"), ("mypy tests", "cached")])
    assert [line.index(it) for line, it in zip(lines[2:], ("0.1", "cached"), strict=True)] == [
        12,
        12,
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.049, "0.05 s"), (9.99, "9.99 s"), (12.34, "12.3 s"), (125.0, "2 min 05 s")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    """As exact as anybody needs."""
    assert table.duration(seconds) == text


def test_a_cached_gate_says_so() -> None:
    """A result from before is not shown with a time of now."""
    made = report("warm", result("ruff"))
    cached = msgspec.structs.replace(made, gates=(GateReport(result=result("ruff"), cached=True),))
    assert "cached  nothing found (nothing changed since)" in reporting_text.report(cached)[2]


def test_a_gate_that_ran_says_why() -> None:
    """The reason stands in the table."""
    assert (
        "(a.py changed)"
        in reporting_text.report(report("warm", result("ruff", why=("a.py changed",))))[2]
    )


def test_an_error_shows_its_message() -> None:
    """A gate that could not do its work says what was in the way."""
    broken = result("tests", status="error", message="pytest died")
    assert "pytest died" in reporting_text.gate_line(broken)


def test_a_long_message_does_not_break_the_table() -> None:
    """The gate's own line has all of it."""
    long = result("tests", status="error", message="pytest died: " + "because " * 99)
    [row] = reporting_text.report(report("warm", long))[2:]
    assert (len(row) < len(reporting_text.gate_line(long)), "pytest died" in row) == (True, True)
    assert len(row) <= reporting_text.CELL + 30


def test_the_explanation_has_each_test_with_its_why() -> None:
    """One line a test, the reasons below each other."""
    why = {"t.py::a": "runs code that changed in a.py", "t.py::bb": "known flaky"}
    made = report("warm", result("tests", tests=detail(**why)))
    assert reporting_text.explanation(made) == [
        "t.py::a   runs code that changed in a.py",
        "t.py::bb  known flaky",
    ]


def test_the_explanation_of_a_cached_run_is_no_list() -> None:
    """A list of tests that ran another time would be a lie."""
    line = GateReport(result=result("tests", tests=detail(a="x")), cached=True)
    made = msgspec.structs.replace(report("warm"), gates=(line,))
    assert reporting_text.explanation(made) == [
        "No test ran: nothing changed since the tests were last green."
    ]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("50 % done", "50 %25 done"),
        ("a\nb", "a%0Ab"),
        ("a\r\nb", "a%0Ab"),
        ("\x1b[31mred\u202e", "\\u001b[31mred\\u202e"),
        ("::error::x", "::error::x"),
    ],
)
def test_annotations_are_escaped(text: str, escaped: str) -> None:
    """A message can't begin a workflow command of its own."""
    [mark] = github.marks([msgspec.structs.replace(LINT, message=text)])
    assert mark == f"::error file=a.py,line=3,col=1,title=ruff F401::{escaped}"


def test_annotation_fields_are_escaped() -> None:
    """A path with a comma or a colon stays one path."""
    [mark] = github.marks([msgspec.structs.replace(LINT, path="a,b:c.py")])
    assert mark.startswith("::error file=a%2Cb%3Ac.py,line=3")


def test_annotations_are_as_many_as_are_shown() -> None:
    """What GitHub would drop is not printed."""
    assert len(github.marks([LINT] * 99)) == github.SHOWN


def test_the_summary_keeps_its_table_whole() -> None:
    """A bar or a line break in a message does not break the markdown."""
    broken = result("tests", status="error", message="a|b\nc`d")
    rows = github.summary(report("warm", broken)).splitlines()
    assert rows[4] == "| tests | error | 1.50 s | a\\|b c\\`d |"


def test_the_verdict_names_the_finding_and_its_gate() -> None:
    """What only full saw stands in the console."""
    verdict = compare.judge(
        {"warm": report("warm"), "full": report("full", result("tests", FAILED))}
    )
    shown = reporting_text.verdict(verdict)
    assert any("only full saw" in line and "t.py::a" in line for line in shown)


def test_learned_tests_are_named() -> None:
    """What entered the flaky list is said."""
    verdict = Verdict(name="flaky", exit_code=0, sentence="", learned=("t.py::a",))
    assert "  remembered as flaky: t.py::a" in reporting_text.verdict(verdict)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_outside_a_terminal() -> None:
    """A log has no escape codes."""
    assert Console(io.StringIO()).paint("x", "red") == "x"


def test_color_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red is red where it can be."""
    monkeypatch.setenv("TERM", "xterm")
    assert Console(_Terminal()).paint("x", "red") == "\x1b[31mx\x1b[0m"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns colors off in a terminal too."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert Console(_Terminal()).paint("x", "red") == "x"


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    """A message that the stream's encoding lacks is no traceback."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream).say("ä\udcff")
    stream.flush()
    assert raw.getvalue() == b"\\xe4\\udcff\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("warm tests", "warm tes"),
        ("\u8cea\u554f\u306e\u7b54\u3048", "\u8cea\u554f\u306e\u7b54"),
        ("a\u8cea\u554f\u306e\u7b54", "a\u8cea\u554f\u306e"),
        ("\U0001f600" * 5, "\U0001f600" * 4),
        ("\u2764\ufe0f" * 5, "\u2764\ufe0f" * 4),
        ("e\u0301" * 9, "e\u0301" * 8),
    ],
)
def test_a_live_line_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, text: str, shown: str
) -> None:
    """A line that wraps would be left behind when it is drawn anew; wide letters take two cells."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "get_terminal_size", lambda _number: os.terminal_size((9, 5)))
    terminal = _Terminal()
    monkeypatch.setattr(terminal, "fileno", lambda: 1)
    Console(terminal).live("warm:tests", text)
    assert terminal.getvalue() == f"{shown}\n"


def test_what_is_escaped_is_as_wide_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without Unicode shows more letters than the text has."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "get_terminal_size", lambda _number: os.terminal_size((9, 5)))
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(stream, "fileno", lambda: 1)
    Console(stream).live("warm:tests", "\xe4\xe4\xe4")
    assert raw.getvalue() == b"\\xe4\\xe4\n"


def test_a_collection_error_says_that_nothing_ran() -> None:
    """How many tests were selected would read as if they had run."""
    broken = msgspec.structs.replace(finding("t.py"), rule="collect")
    told = reporting_text.outcome(
        result("tests", broken, tests=detail(**{"u.py::a": "everything runs"}))
    )
    assert told == "no test ran: 1 file can't be collected, 1 finding"


def test_tests_that_ran_beside_a_collection_error_are_told() -> None:
    """Pytest goes on where it is asked to (--continue-on-collection-errors)."""
    broken = msgspec.structs.replace(finding("t.py"), rule="collect")
    some = msgspec.structs.replace(detail(**{"u.py::a": "x"}), durations={"u.py::a": 0.1})
    assert reporting_text.outcome(result("tests", broken, tests=some)).startswith("1 of 9 tests")


def test_what_a_test_looks_at_is_named_in_words() -> None:
    """Not by the signs that records have for it."""
    looked = ("env *", "env HOME", "list .", "read a.txt")
    it = Answer(nodeid="t.py::a", known=True, runs=False, why="so", outcome="passed", looked=looked)
    assert answers.one(it)[2:] == [
        "It asks for all variables.",
        "It asks for the variable HOME.",
        "It lists the project's own folder.",
        "It reads a.txt.",
    ]
