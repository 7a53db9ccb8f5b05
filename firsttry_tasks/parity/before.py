"""Tells from the record whether a test was red before a change: nothing is run for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

    #: A recorded run with the time (Unix) at which it was made.
    Made = tuple[float, RecordedRun]

#: How many changed files a sentence names.
NAMED = 3


class Change(Struct, frozen=True, kw_only=True):
    """What differs now from a commit: each path with the content that the commit has, or None."""

    since: str
    paths: dict[str, str | None]

    def without(self, recorded: RecordedRun) -> bool:
        """Tell whether a recorded run's tree had none of this change."""
        return all(_blob(recorded.manifest.get(path)) == it for path, it in self.paths.items())

    def __str__(self) -> str:
        """Return the first changed files, and how many more there are."""
        named = sorted(self.paths)[:NAMED]
        more = len(self.paths) - len(named)
        return ", ".join(named) + (f" and {more} more" if more else "")


class WasRed(Struct, frozen=True, kw_only=True):
    """Whether a test was red before a change; ``was_red`` is null where no run on record tells.

    ``sentence`` says so in words, ``ran`` when the run that tells was made, ``changed`` what
    differs now from the tree that it had.
    """

    nodeid: str
    was_red: bool | None
    sentence: str
    ran: str = ""
    changed: tuple[str, ...] = ()


def change(since: str, now: Mapping[str, str], commit: Mapping[str, str]) -> Change:
    """Return what differs between a commit and the tree as it is now."""
    paths = now.keys() | commit.keys()
    return Change(
        since=since,
        paths={it: commit.get(it) for it in paths if _blob(now.get(it)) != commit.get(it)},
    )


def _blob(entry: str | None) -> str | None:
    # Behind the plus stands what a test reads where git's filters make another content of it.
    return entry and entry.partition("+")[0]


def was_red(
    nodeid: str, runs: Sequence[Made], changes: Iterable[Change], now: Mapping[str, str]
) -> WasRed:
    """Return what the newest run without the change, of these changes, says of a test.

    Where no run was without all of it, a test that passed in some other tree was not red before.
    """
    held = [
        (made, run, it.outcome) for made, run in runs for it in run.tests if it.nodeid == nodeid
    ]
    known = [it for it in changes if it.paths]
    for it in known:
        for made, run, outcome in held:
            if it.without(run):
                return _told(nodeid, it, made, outcome)
    if not known:
        return _unknown(nodeid, "nothing has changed here")
    if not held:
        return _unknown(nodeid, "it never ran here")
    for made, run, outcome in held:
        since = change("", now, {path: str(_blob(it)) for path, it in run.manifest.items()})
        if outcome == "passed" and since.paths:
            return _told(nodeid, since, made, outcome)
    if known[0].paths.get(nodeid.partition("::")[0], "") is None:
        return _unknown(nodeid, f"it is as new as {known[0]}")
    return _unknown(nodeid, f"no run on record has it without the change of {known[0]}")


def outcomes(
    nodeids: Iterable[str],
    runs: Sequence[Made],
    branch: Change | None,
    edits: Change | None,
    now: Mapping[str, str],
) -> dict[str, str]:
    """Return how failed tests ended before all that differs from main, where the record tells.

    ``branch`` is what differs from main, ``edits`` what is not committed.
    """
    found = {}
    for nodeid in nodeids:
        red = was_red(nodeid, runs, [branch], now).was_red if branch else None
        if red is None and edits and was_red(nodeid, runs, [edits], now).was_red is False:
            # It passed before the last edits; one that failed then may be the branch's own doing.
            red = False
        if red is not None:
            found[nodeid] = "failed" if red else "passed"
    return found


def _told(nodeid: str, it: Change, made: float, outcome: str) -> WasRed:
    at = dt.datetime.fromtimestamp(made).astimezone().isoformat(sep=" ", timespec="minutes")
    red = outcome == "failed"
    since = f" (since {it.since})" if it.since else ""
    was = "was red before" if red else "was not red before"
    return WasRed(
        nodeid=nodeid,
        was_red=red,
        sentence=f"{nodeid} {was} {it} changed{since}: it {outcome} at {at}.",
        ran=at,
        changed=tuple(sorted(it.paths)),
    )


def _unknown(nodeid: str, why: str) -> WasRed:
    return WasRed(
        nodeid=nodeid,
        was_red=None,
        sentence=f"Nobody knows whether {nodeid} was red before: {why}.",
    )
