"""What others wrote steers no terminal."""

from __future__ import annotations

import io
import threading
import time

import pytest

from firsttry_tasks.reporting import console as console_module
from firsttry_tasks.reporting.console import Console


class _Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize("stream", [io.StringIO, _Terminal])
@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x1b]0;title\x07", "\x1b[8mhidden", "a\rb", "\x9b1A", "\u202egnp.exe"],
)
def test_foreign_text_is_shown_and_not_obeyed(stream: type[io.StringIO], text: str) -> None:
    """Neither what clears a screen nor what turns the order of letters round."""
    out = stream()
    Console(out).say(f"The golden cache of {text} is refused.")
    shown = out.getvalue().removesuffix("\n")
    assert (shown.isprintable(), "\\" in shown) == (True, True)


def test_our_colors_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal; elsewhere there are none."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = _Terminal()
    console = Console(out)
    console.say(console.paint("green", "green"))
    assert out.getvalue() == "\x1b[32mgreen\x1b[0m\n"


def test_lines_and_letters_stay() -> None:
    """A table has line ends, and a test's name any letter."""
    out = io.StringIO()
    Console(out).say("a\n\tb \u4f60 \U0001f600")
    assert out.getvalue() == "a\n\tb \u4f60 \U0001f600\n"


@pytest.fixture
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("_plain")
@pytest.mark.parametrize(
    ("stream", "variable", "colored"),
    [
        (_Terminal, "", True),
        (_Terminal, "NO_COLOR", False),
        (io.StringIO, "", False),
        (io.StringIO, "FORCE_COLOR", True),
    ],
)
def test_colors_are_as_asked_for(
    stream: type[io.StringIO],
    variable: str,
    colored: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a terminal, or where a variable asks for them."""
    if variable:
        monkeypatch.setenv(variable, "1")
    assert (Console(stream()).paint("red", "red") != "red") == colored


def test_red_is_told_from_green_without_color() -> None:
    """By signs, which a plain terminal has too."""
    plain = Console(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    for console in (Console(io.StringIO()), plain):
        assert len({console.sign(it) for it in ("green", "red", "error", "off")}) == 4
    assert "".join(plain.sign(it) for it in ("green", "red", "error", "off")).isascii()


@pytest.mark.usefixtures("_plain")
@pytest.mark.parametrize(
    ("ci", "opening", "closing"),
    [
        ("GITHUB_ACTIONS", "::group::3 failures\n", "::endgroup::\n"),
        ("GITLAB_CI", "[collapsed=true]\r\x1b[0K3 failures\n", "\r\x1b[0K\n"),
    ],
)
def test_a_log_of_ci_is_folded(
    ci: str, opening: str, closing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the way of each; and no line in it is taken for a command."""
    monkeypatch.setenv(ci, "true")
    out = io.StringIO()
    Console(out).fold("3 failures", ["::error::x"])
    before, _, after = out.getvalue().partition("| ::error::x\n")
    assert (before.endswith(opening), after.endswith(closing)) == (True, True)


@pytest.mark.usefixtures("_plain")
def test_nothing_is_folded_elsewhere() -> None:
    """A person asks with -v."""
    out = io.StringIO()
    Console(out).fold("3 failures", ["x"])
    assert out.getvalue() == ""


def test_quiet_keeps_what_is_told() -> None:
    """The table and the verdict."""
    out = io.StringIO()
    console = Console(out)
    console.quiet = True
    console.say("a note")
    console.done("warm:ruff", "warm ruff green")
    console.tell("the table")
    assert out.getvalue() == "the table\n"


def test_a_phase_without_words_shows_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it goes on after it, and a short one says nothing."""
    monkeypatch.setattr(console_module, "TICK", 0.01)
    monkeypatch.setattr(console_module, "PATIENCE", 0.0)
    out = io.StringIO()
    console, before = Console(out), threading.active_count()
    with console.counting("warm:tests", "learning"):
        until = time.monotonic() + 10
        while "learning, 0" not in out.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    assert "learning, 0" in out.getvalue()
    assert threading.active_count() == before


def test_what_is_said_into_a_pipe_is_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python holds lines back there until thousands of letters are together."""
    monkeypatch.setattr(console_module, "PATIENCE", -1)
    raw = io.BytesIO()
    console = Console(io.TextIOWrapper(raw, encoding="utf-8"))
    console.say("said")
    assert raw.getvalue() == b"said\n"
    console.live("tests", "12 of 300")
    assert raw.getvalue() == b"said\n12 of 300\n"
    console.done("tests", "green")
    assert raw.getvalue() == b"said\n12 of 300\ngreen\n"
