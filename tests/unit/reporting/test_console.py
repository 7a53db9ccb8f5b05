"""What others wrote steers no terminal."""

from __future__ import annotations

import io

import pytest

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
