"""What is played, in which order, and how far it is: a killed run goes on where it was."""

from __future__ import annotations

import contextlib
import shlex
import time
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from msgspec import Struct

from firsttry_tasks import __version__
from firsttry_tasks.parity.played import Past, Played
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.system import disk, machine, own_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.parity.proof import Proof
    from firsttry_tasks.steps.prove.ground import Ground

T = TypeVar("T", bound=Played)

PLAN, ROWS, LAST, LOCK = "plan.json", "played.jsonl", "last.json", "lock"
MINUTE = 60.0


class Wish(Struct, frozen=True, kw_only=True):
    """How long is to be played, and whether from the start."""

    minutes: float = 0.0
    anew: bool = False


class Plan(Struct, frozen=True, kw_only=True):
    """What is asked for; where any of it differs, nothing that was played before is of use."""

    head: str
    asked: tuple[str, ...]
    installed: dict[str, str]
    python: str = machine.python()
    firsttry: str = __version__


class Last(Struct, frozen=True, kw_only=True):
    """What was played last, as JSON, and how tests ended until then. It lies in the kept state."""

    played: msgspec.Raw
    past: Past | None


class Course(Generic[T]):
    """The notes of what was played, and the time that is left."""

    def __init__(self, ground: Ground, kind: type[T], wish: Wish) -> None:
        """Begin to count the minutes; 0 of them have no end."""
        self._ground = ground
        self._kind = kind
        self._wish = wish
        self._until = time.monotonic() + wish.minutes * MINUTE if wish.minutes else None
        self._longest = 0.0
        self.played: list[T] = []
        self.past: Past | None = None

    def begin(self, plan: Plan) -> None:
        """Read what was played by this plan; begin anew where the plan is another one."""
        base = self._ground.base
        if self._wish.anew or own_files.read(base / PLAN, Plan) != plan:
            self._ground.leave()
            for name in (ROWS, PLAN):
                disk.remove(base / name)
            disk.own_folder(base)
            own_files.write(base / PLAN, plan)
            return
        self.played = own_files.lines(base / ROWS, self._kind)
        if all(it.state == "uncollected" for it in self.played):
            # Nothing was learned of them, and what was missing may be there now.
            self.played = []
        last = own_files.read(self._ground.kept / LAST, Last)
        if last is None:
            # Without the state that goes with it, only a whole list is of use.
            self.played = [] if self.left(len(plan.asked)) else self.played
            return
        self.past = last.past
        # A kill between keeping the state and noting the line.
        line = msgspec.json.decode(last.played, type=self._kind | None)
        if line is not None and line not in self.played:
            self._note(line)

    def left(self, count: int) -> int:
        """Return how many of so many are not played yet."""
        return count - len(self.played)

    def late(self) -> bool:
        """Tell whether there is no time for one more, by the one that took longest."""
        if self._until is None:
            return False
        spare = self._until - time.monotonic()
        return spare <= 0 or spare < self._longest

    def start(self, past: Past) -> None:
        """Keep the state from which each is played, and how all tests ended then."""
        self.past = past
        last = Last(played=msgspec.Raw(b"null"), past=past)
        own_files.write(self._ground.state / LAST, last)
        self._ground.keep()

    def add(self, line: T, past: Past | None, seconds: float) -> None:
        """Note what was played, whole or not at all, with the state that it left."""
        self.past = past
        self._longest = max(self._longest, seconds)
        last = Last(played=msgspec.Raw(msgspec.json.encode(line)), past=past)
        own_files.write(self._ground.state / LAST, last)
        self._ground.keep()
        self._note(line)

    def note(self, line: T, seconds: float) -> None:
        """Note what was played and left no state."""
        self._longest = max(self._longest, seconds)
        self._note(line)

    def _note(self, line: T) -> None:
        self.played.append(line)
        own_files.write_lines(self._ground.base / ROWS, self.played)


@contextlib.contextmanager
def alone(ground: Ground) -> Iterator[None]:
    """Hold the clone: a second run would play in the same files."""

    def waits() -> None:
        CONSOLE.tell(f"Another run plays in {ground.base.name}; waiting for it to end.")

    def refused(error: OSError) -> None:
        CONSOLE.tell(f"This file system has no locks ({error.strerror}); start no second one.")

    with disk.exclusive_lock(ground.base / LOCK, waits, refused):
        yield


@contextlib.contextmanager
def on_errors() -> Iterator[None]:
    """Write the table to standard error while it goes, where standard output is for a program."""
    apart = CONSOLE.apart
    with contextlib.redirect_stdout(apart) if apart else contextlib.nullcontext():
        yield


def answered(found: Proof) -> int:
    """Answer programs, and return the exit code."""
    ANSWER.give(found, shlex.split(found.next)[1:])
    if found.exit_code:
        ANSWER.fail(found.verdict)
    return found.exit_code
