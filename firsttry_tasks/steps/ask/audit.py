"""The flaky and stats steps: list known flaky tests, change the list, and print statistics."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.flaky_records import FlakyMemory, Gone
from firsttry_tasks.parity import figures
from firsttry_tasks.reporting import report_files, statistics
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.cache import run_history
from firsttry_tasks.steps.run import flaky_spool
from firsttry_tasks.steps.run.project import project, today
from firsttry_tasks.system import disk, git, webhook

if TYPE_CHECKING:
    from pathlib import Path

#: The variable with the webhook's address. It is a secret, so it is no setting in a file.
WEBHOOK = "SLACK_WEBHOOK_URL"
USAGE = (
    "doit flaky [--json] [--slack], doit flaky forget|renew ID, doit flaky own ID OWNER, "
    "doit flaky gather, doit flaky setup"
)
#: So many days or weeks ago.
AGO, DAYS = re.compile(r"(?P<number>\d+)(?P<unit>[dw])"), {"d": 1, "w": 7}
#: The name in git's configuration of the driver that merges the list.
DRIVER = "firsttry-flaky"
ATTRIBUTE = f"{flaky_memory.FILE} merge={DRIVER}"


def audit(root: Path, words: list[str], *, slack: bool = False) -> None:
    """List the flaky tests as of today, or, where there are ``words``, do what they say."""
    locked = project(root).locked[0]
    if words:
        _act(root, words)
        return
    # Shown as of today and not written: to look at the list must not change a committed file.
    found, moved = flaky_memory.heal(
        report_files.read_flaky(root), locked.flaky, today(), flaky_spool.owner(root)
    )
    limit = locked.thresholds.flaky
    ANSWER.give(statistics.answer(found, limit))
    CONSOLE.say(*statistics.audit(found, limit, today()), *moved)
    if slack:
        _post(found, limit)
    # A warning, never red: a long list is a matter for people, and no reason to stop a change.
    if len(found.nodeids) > limit and os.environ.get("GITHUB_ACTIONS"):
        CONSOLE.say(
            f"::warning file={flaky_memory.FILE}::{len(found.nodeids)} flaky tests (limit {limit})"
        )


def _post(found: FlakyMemory, limit: int) -> None:
    """Send the list to the webhook; UsageError where its address is not set."""
    url = os.environ.get(WEBHOOK)
    if not url:
        # Asked for and not possible; silence would look like a message that was sent.
        raise UsageError(f"{WEBHOOK} is not set, so there is nobody to tell.")
    webhook.post(url, {"text": statistics.message(found, limit)})
    CONSOLE.say("Told the channel.")


def _act(root: Path, words: list[str]) -> None:
    """Change the list as the words say; UsageError where they can't be read."""
    before = report_files.read_flaky(root)
    match words:
        case ["setup"]:
            _set_up(root)
            return
        case ["gather"]:
            _gather(root, before)
            return
        case ["forget", nodeid]:
            after = _forget(before, _known(before, nodeid))
        case ["renew", nodeid]:
            after = _renew(root, before, _known(before, nodeid))
        case ["own", nodeid, owner]:
            # whole() also has tests that people listed by hand, without any sighting.
            test = flaky_memory.whole(before)[_known(before, nodeid)]
            tests = {**before.tests, nodeid: replace(test, owner=owner)}
            after = replace(before, tests=tests)
        case _:
            raise UsageError(f"Can't read {' '.join(words)!r}. Usage: {USAGE}")
    report_files.write_flaky(root, after)
    CONSOLE.say(f"{words[0]}: {words[1]}")


def _gather(root: Path, before: FlakyMemory) -> None:
    """Fold what CI's runs in the store saw of the listed tests into the list; say what moved."""
    seen, count = run_history.sightings(root)
    after, moved = flaky_memory.heal(
        flaky_memory.gather(before, seen),
        project(root).locked[0].flaky,
        today(),
        flaky_spool.owner(root),
    )
    changed = report_files.write_flaky(root, after)
    said = (
        f"and {flaky_memory.FILE} is another; commit it" if changed else "and there was nothing new"
    )
    CONSOLE.say(*moved, f"Read {count} runs of {run_history.where(root)}, {said}.")


def _set_up(root: Path) -> None:
    """Let git merge the flaky list by itself, with an attribute and a merge driver."""
    place = root / ".gitattributes"
    text = (disk.read(place) or b"").decode("utf-8")
    if ATTRIBUTE not in text.splitlines():
        gap = "" if not text or text.endswith("\n") else "\n"
        disk.write(place, f"{text}{gap}{ATTRIBUTE}\n".encode())
    # git takes drivers from a clone's own configuration only, since they run commands; so everyone
    # calls this once. The attribute is committed for all.
    driver = f"{shlex.quote(sys.executable)} -m firsttry_tasks.merge_driver %O %A %B"
    git.ask(root, "config", f"merge.{DRIVER}.name", "both branches' flaky tests")
    git.ask(root, "config", f"merge.{DRIVER}.driver", driver)
    CONSOLE.say(f"git merges {flaky_memory.FILE} by itself in this clone; commit .gitattributes.")


def _known(found: FlakyMemory, nodeid: str) -> str:
    if nodeid not in found.nodeids:
        raise UsageError(f"{nodeid} is not in {flaky_memory.FILE}; see: doit flaky")
    return nodeid


def _forget(before: FlakyMemory, nodeid: str) -> FlakyMemory:
    """Return the list without a test."""
    # A trace stays, so that a branch that still lists the test does not bring it back when merged.
    gone = {**before.gone, nodeid: Gone(at=today().isoformat(), why="forgotten by hand")}
    return FlakyMemory(
        nodeids=tuple(it for it in before.nodeids if it != nodeid),
        tests={name: test for name, test in before.tests.items() if name != nodeid},
        gone=flaky_memory.newest(gone),
    )


def _renew(root: Path, before: FlakyMemory, nodeid: str) -> FlakyMemory:
    """Return the list with a test that expires as late as one listed today."""
    rules = project(root).locked[0].flaky
    until = flaky_memory.later(today(), rules.days)
    test = replace(flaky_memory.whole(before)[nodeid], expires=until)
    # The state depends on the date, so it is judged again.
    test = replace(test, state=flaky_memory.state(test, rules, today()))
    return replace(before, tests={**before.tests, nodeid: test})


def stats(root: Path, *, since: str = "") -> None:
    """Print what the parity runs so far tell, here and in the store, since a day or all of them."""
    day = _since(since)
    known = run_history.known(root)
    found = figures.figures(known.lines, report_files.read_flaky(root), day, known.source)
    ANSWER.give(found, said="" if known.lines else "No run is recorded yet; run: ft parity")
    CONSOLE.say(*statistics.statistics(found))


def _since(word: str) -> str:
    """Return the first day that counts: a date, or so many days or weeks ago; "" for all."""
    if not word:
        return ""
    try:
        ago = AGO.fullmatch(word)
        if ago:
            days = int(ago["number"]) * DAYS[ago["unit"]]
            return (today() - dt.timedelta(days=days)).isoformat()
        return dt.date.fromisoformat(word).isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"Can't read {word!r} as a day; write --since 2026-01-31, --since 30d or --since 8w"
        ) from error
