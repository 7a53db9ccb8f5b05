"""Computes where the marks of the page's small drawings stand, in percent of their width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.reporting.page.values import Flake, Gate, Page, Shard

#: The narrowest mark that still can be seen, in percent.
LEAST = 0.4
#: How many sightings of a test are drawn: as many as are told apart in the width of a cell.
MARKS = 24


class Mark(Struct, frozen=True, kw_only=True):
    """One mark: what it stands for, the class that colors it, and where it lies."""

    text: str
    kind: str
    x: float
    width: float


def shares(page: Page) -> tuple[Mark, ...]:
    """Return how the tests divide into those that ran, stood and were skipped."""
    parts = (("ran", page.ran), ("stood", page.stood), ("skipped", page.skipped))
    return _side_by_side([(kind, kind, float(it.tests)) for kind, it in parts])


def times(page: Page) -> tuple[Mark, ...]:
    """Return how the seconds divide, where they are known of what stood."""
    if page.stood.seconds is None:
        return ()
    parts = (("ran", page.ran), ("stood", page.stood), ("skipped", page.skipped))
    return _side_by_side([(kind, kind, it.seconds or 0.0) for kind, it in parts])


def _side_by_side(parts: Iterable[tuple[str, str, float]]) -> tuple[Mark, ...]:
    listed = [part for part in parts if part[2] > 0]
    whole = sum(size for _, _, size in listed) or 1.0
    marks, x = [], 0.0
    for text, kind, size in listed:
        width = size / whole * 100
        marks.append(Mark(text=text, kind=kind, x=round(x, 3), width=round(width, 3)))
        x += width
    return tuple(marks)


def lanes(gates: Iterable[Gate], stage: str) -> tuple[tuple[Gate, Mark | None], ...]:
    """Return a stage's gates, each with its bar on the stage's time; None for one that stood."""
    mine = [it for it in gates if it.stage == stage and it.status != "off"]
    ends = [it.began + it.seconds for it in mine if it.began is not None]
    whole = max(ends, default=0.0)
    return tuple(
        (it, None if it.began is None else _lane(it.status, it.began, it.seconds, whole))
        for it in mine
    )


def shard_lanes(shards: Iterable[Shard], stage: str) -> tuple[tuple[Shard, Mark], ...]:
    """Return the shards of a stage, each with its bar on the time that all of them took."""
    mine = [it for it in shards if it.stage == stage]
    whole = max((it.began + it.seconds for it in mine), default=0.0)
    return tuple((it, _lane(it.status, it.began, it.seconds, whole)) for it in mine)


def _lane(kind: str, began: float, seconds: float, whole: float) -> Mark:
    scale = 100 / (whole or 1.0)
    x, width = min(began * scale, 100 - LEAST), max(seconds * scale, LEAST)
    return Mark(text=kind, kind=kind, x=round(x, 3), width=round(width, 3))


def history(test: Flake) -> tuple[Mark, ...]:
    """Return the newest sightings of a flaky test, oldest first, evenly apart."""
    kept = test.history[-MARKS:]
    step = 100 / max(len(kept), 1)
    return tuple(
        Mark(
            text=f"{it.at[:10]}: failed {it.failures} of {it.runs}",
            kind="passed" if not it.failures else "failed" if it.failures == it.runs else "both",
            x=round(step * (number + 0.5), 3),
            width=step,
        )
        for number, it in enumerate(kept)
    )
