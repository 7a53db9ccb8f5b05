"""Follows a shard while it runs: how many tests have ended, and which one runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from firsttry_tasks.gates.pytest_events import Event
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class OverError(FirstTryError):
    """The run is over, so this shard ends, whatever its tests would have said."""


class Look:
    """Looks now and then at the events of a running shard, and tells what is new."""

    def __init__(
        self,
        events: Path,
        tell: Callable[[dict[str, Any]], None],
        over: Callable[[], bool],
        often: float,
    ) -> None:
        """Begin at the start of the stream; ``often`` are the seconds between two looks."""
        self._events = events
        self._tell = tell
        self._over = over
        self._often = often
        self._next = 0.0
        self._at = 0
        self._said = {"done": 0, "of": 0, "failed": 0, "running": ""}

    def __call__(self) -> None:
        """Look, if it is time to; OverError where the shard has to end."""
        if self._over():
            raise OverError("The run is over.")
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._often
        before = dict(self._said)
        data = disk.read_from(self._events, self._at)
        # The last line may be half written; it is read at the next look.
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            self._said = said(self._said, msgspec.json.decode(line, type=Event))
        if self._said != before:
            self._tell(self._said)


def said(before: dict[str, Any], event: Event) -> dict[str, Any]:
    """Return what is to be told after one more event."""
    match event.e:
        case "collected":
            return before | {"of": len(event.why)}
        case "start":
            return before | {"running": event.id}
        case "end":
            failed = before["failed"] + event.bad
            return before | {"done": before["done"] + 1, "failed": failed, "running": ""}
        case _:
            return before
