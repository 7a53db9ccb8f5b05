"""Writes the one JSON value that a command with ``--json`` ends with, alone on standard output.

While such a command runs, what is printed goes elsewhere: progress and errors to standard error,
lines for people into the answer of a command that has no better one.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from firsttry_tasks.reporting.console import CONSOLE, harmless
from firsttry_tasks.reporting.programs import followup
from firsttry_tasks.reporting.streams import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCHEMA_VERSION = 1
#: How many lines of standard error are kept for the sentence of an error. A traceback has more.
LINES = 20


def schema_file(command: str) -> Path:
    """Return the path of the schema of what a command prints with ``--json``."""
    folder = Path(__file__).parents[2] / "schema"
    return folder / "answers" / f"{command}.schema.json"


class Envelope(Struct, frozen=True, kw_only=True):
    """What the JSON of every command begins with.

    ``command`` is the command's name as it is typed, ``error`` the sentence with which one ends
    whose exit code is not 0, ``next`` the command line to go on with, null for none.
    """

    schema_version: int = SCHEMA_VERSION
    command: str
    exit_code: int
    error: str | None
    next: str | None


class Told(Struct, frozen=True, kw_only=True):
    """The answer of a command that has nothing for programs: its lines for people."""

    said: tuple[str, ...]


class Answer:
    """The answer of this process's command: asked for, given by a step, and written at the end."""

    def __init__(self) -> None:
        """Begin with nothing asked and nothing given."""
        self._begin()

    def _begin(self) -> None:
        #: Whether ``--json`` was typed.
        self.wanted = False
        self._streams: _Streams | None = None
        self._value: Struct | None = None
        self._next: str | None = None
        self._error = ""

    @property
    def open(self) -> bool:
        """Tell whether this command's output is held back for the answer."""
        return self._streams is not None

    def give(self, value: Struct, then: Sequence[str] = (), said: str = "") -> None:
        """Answer with a value; the last one given counts.

        ``then`` are ft's words to go on with; without them it is the command that ``said`` names.
        """
        self._value = value
        self._next = followup.command(then) if then else followup.named(said)

    def follow(self, *words: str) -> None:
        """Name ft's words to go on with, of a command that has only lines for an answer."""
        self._next = followup.command(words)

    def fail(self, sentence: str) -> None:
        """Say the sentence of a failure where people read it, and remember it for the answer."""
        if self.open:
            sys.stderr.write(f"{sentence}\n")
        self._error = sentence

    def around(self, command: str, run: Callable[[], int]) -> int:
        """Run a command, write its answer where one is wanted, and return its exit code."""
        if not self.wanted or self.open:
            return run()
        streams = self._streams = _Streams()
        code = None
        try:
            code = run()
        finally:
            if not streams.closed:
                said, heard = streams.close()
                if code is not None:
                    sys.stdout.write(f"{self._encoded(command, code, said, heard)}\n")
                    sys.stdout.flush()
            # For a program that calls ``main`` more than once.
            self._begin()
        return code

    def release(self) -> None:
        """Let this command print as ever: it turned out not to be FirstTry's."""
        if self._streams:
            said, _ = self._streams.close()
            sys.stdout.write(said)
            self._streams = None

    def lend(self) -> None:
        """Let the processes that this one starts print to its standard output."""
        if self._streams:
            self._streams.lend()

    def _encoded(self, command: str, code: int, said: str, heard: str) -> str:
        error = (self._error or heard or f"It ended with {code}.") if code else None
        # A step that gave an answer knew best that nothing follows.
        following = followup.named(error) if error and not self._value else None
        envelope = Envelope(
            command=command, exit_code=code, error=error, next=self._next or following
        )
        value = self._value or Told(said=tuple(said.splitlines()))
        head = msgspec.to_builtins(envelope)
        # The head comes first, and stands: an answer may have a key of the same name and meaning.
        return msgspec.json.encode(head | msgspec.to_builtins(value) | head).decode("utf-8")


class _Streams:
    """Standard output and standard error, held apart while a command runs."""

    def __init__(self) -> None:
        self.closed = False
        self._before = (sys.stdout, sys.stderr, CONSOLE.apart)
        self._said, self._heard = io.StringIO(), _Heard(sys.stderr)
        CONSOLE.apart = sys.stderr
        sys.stdout, sys.stderr = self._said, self._heard
        # Children that print to where this process prints must not print into the answer.
        self._kept = None
        with suppress(OSError, ValueError):
            if self._before[0].fileno() == 1:
                self._before[0].flush()
                self._kept = os.dup(1)
                os.dup2(2, 1)

    def lend(self) -> None:
        if self._kept is not None:
            os.dup2(self._kept, 1)

    def close(self) -> tuple[str, str]:
        """Put all back; return what was printed, and what was said on standard error."""
        self.closed = True
        self.lend()
        if self._kept is not None:
            os.close(self._kept)
        sys.stdout, sys.stderr, CONSOLE.apart = self._before
        return self._said.getvalue(), self._heard.text()


class _Heard(Stream):
    """Passes everything on to standard error, and remembers the last lines."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._text = ""

    def write(self, text: str) -> int:
        self._text = "\n".join((self._text + text).split("\n")[-LINES:])
        return super().write(text)

    def text(self) -> str:
        return harmless(self._text).strip().removeprefix("ERROR: ")


ANSWER = Answer()
