"""What a person reads while a run goes on: one line a gate, never interleaved."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TextIO

COLORS = {
    "green": "32",
    "red": "31",
    "error": "31",
    "success": "32",
    "escape": "31",
    "infrastructure": "33",
    "flaky": "33",
    "incomparable": "31",
    "off": "2",
    "moved": "33",
}
#: Seconds between two signs of life where lines can't be drawn over.
PATIENCE = 10.0


class Console:
    """Lines that stay, and below them, in a terminal, one live line for each running gate."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to ``stream``; standard output where none is given."""
        self._stream = stream
        self._lock = threading.Lock()
        self._live: dict[str, str] = {}
        self._drawn = 0
        self._spoke: dict[str, float] = {}

    @property
    def stream(self) -> TextIO:
        """Return where to write; looked up late, as tests and doit replace standard output."""
        return self._stream or sys.stdout

    @property
    def terminal(self) -> bool:
        """Tell whether lines can be drawn over."""
        return self.stream.isatty() and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, color: str) -> str:
        """Return the text in a color, where colors are wanted."""
        if not self.terminal or os.environ.get("NO_COLOR") or color not in COLORS:
            return text
        return f"\x1b[{COLORS[color]}m{text}\x1b[0m"

    def say(self, *lines: str) -> None:
        """Write lines that stay."""
        with self._lock:
            self._erase()
            for line in lines:
                self._write(line + "\n")
            self._draw()

    def live(self, name: str, text: str) -> None:
        """Show what a running gate does; in a log, now and then."""
        with self._lock:
            self._live[name] = text
            if self.terminal:
                self._erase()
                self._draw()
            elif time.monotonic() - self._spoke.setdefault(name, time.monotonic()) > PATIENCE:
                self._spoke[name] = time.monotonic()
                self._write(text + "\n")

    def done(self, name: str, line: str) -> None:
        """Replace a gate's live line by one that stays."""
        with self._lock:
            self._erase()
            self._live.pop(name, None)
            self._spoke.pop(name, None)
            self._write(line + "\n")
            self._draw()

    def drop(self, name: str) -> None:
        """Take a live line away without a word."""
        with self._lock:
            self._erase()
            self._live.pop(name, None)
            self._spoke.pop(name, None)
            self._draw()

    def _erase(self) -> None:
        if self._drawn:
            self._write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def _draw(self) -> None:
        if not self.terminal:
            return
        width = os.get_terminal_size(self.stream.fileno()).columns or 80
        for text in self._live.values():
            self._write(fitting(self._shown(text), width - 1) + "\n")
        self._drawn = len(self._live)
        self.stream.flush()

    def _write(self, text: str) -> None:
        self.stream.write(self._shown(text))

    def _shown(self, text: str) -> str:
        """Return a text with what the stream's encoding lacks spelled in ASCII."""
        encoding = self.stream.encoding or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)


def fitting(text: str, cells: int) -> str:
    """Return as much of the beginning of a text as fits into so many cells of a terminal."""
    if text.isascii():
        return text[:cells]
    for place, letter in enumerate(text):
        cells -= _cells(letter)
        if cells < 0:
            return text[:place]
    return text


def _cells(letter: str) -> int:
    """Return how many cells a letter takes; joined emoji are counted one by one, so never less."""
    import unicodedata

    if letter == "\ufe0f":  # makes an emoji, which is wide, of the letter before it
        return 1
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:  # marks on the letter before, and none
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


CONSOLE = Console()
