"""Writes to the terminal while a run goes on: gates run at once, and their lines never mix."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from firsttry_tasks.reporting.table import duration
from firsttry_tasks.system import machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    "typed": "1",
}
#: Signs beside the colors, which not everybody can tell apart, and the same in plain ASCII.
SIGNS = {"green": "\N{CHECK MARK}", "red": "\N{BALLOT X}", "error": "!", "off": "-"}
PLAIN = {"green": "+", "red": "x", "error": "!", "off": "-"}
#: Seconds between two lines of a running gate in a log, where lines can't be drawn over. A
#: judgement: people see that it lives, and the log of a long run stays short.
PATIENCE = 10.0
#: Seconds between two looks at the clock, for a gate that shows how long it takes.
TICK = 0.5


#: Characters that steer a terminal or turn the order of letters round, as a person would read
#: them: names in a store, commits and messages of tests are written by others.
STEERS = {
    code: f"\\u{code:04x}"
    for code in (
        *(it for it in (*range(0x20), *range(0x7F, 0xA0)) if chr(it) not in "\n\t"),
        *(0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)),
    )
}
_PAINT = re.compile(rf"(\x1b\[(?:0|{'|'.join(sorted(set(COLORS.values())))})m)")


class Console:
    """Lines that stay, and below them, in a terminal, one live line for each running gate."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to ``stream``; standard output where none is given."""
        self._stream = stream
        # Gates run in threads: without a lock, erasing live lines could erase another gate's line.
        self._lock = threading.Lock()
        self._live: dict[str, str] = {}
        self._drawn = 0
        self._spoke: dict[str, float] = {}
        #: What the options -q and -v ask for.
        self.quiet = self.verbose = False
        #: For whom the option --for says the output is, "" where the surroundings tell.
        self.reader = ""
        #: Where live lines go while standard output is held back for an answer in JSON.
        self.apart: TextIO | None = None

    @property
    def stream(self) -> TextIO:
        """Return the stream to write to."""
        # Looked up each time, because doit and tests replace standard output while this stays.
        return self.apart or self._stream or sys.stdout

    @property
    def brief(self) -> bool:
        """Tell whether an agent reads: few words, no progress, no color."""
        agent = self.reader == "agent" or (not self.reader and machine.for_agent(os.environ))
        return agent and not self.verbose

    @property
    def terminal(self) -> bool:
        """Tell whether lines can be drawn over."""
        return not self.brief and self.stream.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def colored(self) -> bool:
        """Tell whether colors are wanted."""
        # NO_COLOR and FORCE_COLOR: the agreed ways (no-color.org, force-color.org) to ask any
        # program for none, and for some where nobody would expect them, such as in a CI log.
        if self.apart or self.brief or os.environ.get("NO_COLOR"):
            return False
        return self.terminal or bool(os.environ.get("FORCE_COLOR"))

    @property
    def width(self) -> int | None:
        """Return how many letters a line has room for; None where there is no end."""
        return self._columns() - 1 if self.terminal else None

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or 80
        except OSError:
            return 80

    def sign(self, status: str) -> str:
        """Return the sign of a status, in letters that the stream has."""
        signs = SIGNS if "utf" in (self.stream.encoding or "utf-8").lower() else PLAIN
        return signs.get(status, " ")

    def paint(self, text: str, color: str) -> str:
        """Return the text in a color, where colors are wanted."""
        if not self.colored or color not in COLORS:
            return text
        return f"\x1b[{COLORS[color]}m{text}\x1b[0m"

    def say(self, *lines: str) -> None:
        """Write lines that stay."""
        if self.quiet:
            return
        self.tell(*lines)

    def tell(self, *lines: str) -> None:
        """Write lines that stay, also where little was asked for."""
        with self._lock:
            if self.apart:
                # Lines that stay are what the command answers, and held back with the answer.
                sys.stdout.write("".join(f"{self._shown(line)}\n" for line in lines))
                return
            self._erase()
            for line in lines:
                self._write(line + "\n")
            self._draw()

    def live(self, name: str, text: str) -> None:
        """Show what a running gate does; outside of a terminal only every ``PATIENCE`` seconds."""
        if self.brief:
            return
        with self._lock:
            self._live[name] = text
            if self.terminal:
                self._erase()
                self._draw()
            # setdefault starts the gate's clock, so a gate that ends soon writes no such line.
            elif time.monotonic() - self._spoke.setdefault(name, time.monotonic()) > PATIENCE:
                self._spoke[name] = time.monotonic()
                self._write(text + "\n")
                self.stream.flush()

    @contextlib.contextmanager
    def counting(self, name: str, text: str) -> Iterator[None]:
        """Show what a running gate does and for how long, where it has nothing to say itself."""
        began, over = time.monotonic(), threading.Event()

        def show() -> None:
            while not over.wait(TICK):
                self.live(name, f"{text}, {duration(time.monotonic() - began)}")

        counter = threading.Thread(target=show, daemon=True)
        counter.start()
        try:
            yield
        finally:
            over.set()
            counter.join()

    def done(self, name: str, line: str) -> None:
        """Replace a gate's live line by what came of it.

        In a terminal it stands among the live lines until the table comes, which says the same.
        """
        if self.quiet or self.brief:
            self.drop(name)
            return
        with self._lock:
            self._erase()
            self._spoke.pop(name, None)
            if self.terminal:
                self._live[name] = line
            else:
                self._live.pop(name, None)
                self._write(line + "\n")
            self._draw()

    def clear(self) -> None:
        """Take all live lines away."""
        with self._lock:
            self._erase()
            self._live.clear()
            self._spoke.clear()

    def fold(self, title: str, lines: Sequence[str]) -> None:
        """Write lines that a CI's log shows folded; elsewhere nothing."""
        opening, closing = folding(title)
        if lines and opening and not (self.quiet or self.brief):
            with self._lock:
                self.stream.write(opening)
                for line in lines:
                    # Behind a bar no line is a command to GitHub, whatever a test has printed.
                    self._write(f"| {line}\n")
                self.stream.write(closing)

    def drop(self, name: str) -> None:
        """Take a gate's live line away and write nothing in its place."""
        with self._lock:
            self._erase()
            self._live.pop(name, None)
            self._spoke.pop(name, None)
            self._draw()

    def _erase(self) -> None:
        # Up by so many lines, then clear to the end of the screen.
        if self._drawn:
            self.stream.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def _draw(self) -> None:
        if not self.terminal:
            # Who follows a log of CI sees it now, and not when thousands of letters are together.
            self.stream.flush()
            return
        # A stream that has nothing live is not asked how wide it is.
        width = self._columns() if self._live else 0
        for text in self._live.values():
            # One cell less than the width: a full line would wrap, and erasing would miss a line.
            self._write(fitting(self._shown(text), width - 1) + "\n")
        self._drawn = len(self._live)
        self.stream.flush()

    def _write(self, text: str) -> None:
        self.stream.write(self._shown(text))

    def _shown(self, text: str) -> str:
        """Return the text with characters that the stream's encoding lacks as escapes.

        So are characters that steer a terminal, but for the colors that ``paint`` gives.
        """
        # A test's name may hold any letter, and a terminal with LANG=C must not end the run.
        encoding = self.stream.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        # Most lines have neither; isprintable is the quick question.
        if text.isprintable():
            return text
        painted = _PAINT.split(text) if self.colored else [text]
        # Every second piece is a color.
        return "".join(it if n % 2 else harmless(it) for n, it in enumerate(painted))


def folding(title: str) -> tuple[str, str]:
    """Return what opens and what closes a folded part of a CI's log, "" where there is none."""
    if os.environ.get("GITHUB_ACTIONS"):
        return f"::group::{harmless(title)}\n", "::endgroup::\n"
    if os.environ.get("GITLAB_CI"):
        now, name = int(time.time()), re.sub(r"\W+", "_", title)
        start = f"\x1b[0Ksection_start:{now}:{name}[collapsed=true]\r\x1b[0K{harmless(title)}\n"
        return start, f"\x1b[0Ksection_end:{now}:{name}\r\x1b[0K\n"
    return "", ""


def harmless(text: str) -> str:
    """Return a text with escapes for what steers a terminal, other than line ends and tabs."""
    return text.translate(STEERS)


def fitting(text: str, cells: int) -> str:
    """Return the longest beginning of a text that fits into so many cells of a terminal."""
    # A painted line has letters that take no cell; it is short enough, or its color goes.
    if _PAINT.search(text):
        plain = _PAINT.sub("", text)
        return text if fitting(plain, cells) == plain else fitting(plain, cells)
    # Nearly all lines are ASCII, and a live line is drawn many times a second.
    if text.isascii():
        return text[:cells]
    for place, letter in enumerate(text):
        cells -= _cells(letter)
        if cells < 0:
            return text[:place]
    return text


def _cells(letter: str) -> int:
    """Return how many cells of a terminal a letter takes."""
    # Emoji that are joined into one are counted one by one: too many cut the line a little early,
    # too few would wrap it.
    import unicodedata

    if letter == "\ufe0f":  # makes an emoji, which is wide, of the letter before it
        return 1
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:  # marks on the letter before, and none
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


CONSOLE = Console()
