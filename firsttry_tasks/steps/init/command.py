"""The command ``ft init``: show what would be written and why, ask, and write."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.config import parity_lock, settings
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.init import clone, facts, plan
from firsttry_tasks.steps.init.facts import Facts
from firsttry_tasks.steps.init.plan import Write
from firsttry_tasks.system import disk, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class InitAnswer(Struct, frozen=True, kw_only=True):
    """What was found here, the files that would be written or were, and what is left to do."""

    found: Facts
    writes: tuple[Write, ...]
    written: bool
    notes: tuple[str, ...]


#: The most jobs of one run that `ft init` writes: GitHub takes 256 in a matrix, GitLab 200.
MOST = 200


def run(root: Path, *, yes: bool, dry_run: bool, shards: int = 0) -> None:
    """Set the repository up; FirstTryError where git or a file refuses."""
    if not 0 <= shards <= MOST:
        raise UsageError(f"CI can run on 2 to {MOST} machines: ft init --shards 4")
    seen = facts.look(root, settings.read(root).settings)
    wanted = plan.writes(
        seen,
        lambda path: (disk.read(root / path) or b"").decode("utf-8", "replace"),
        hook=_hook(root, seen),
        lock=msgspec.json.format(msgspec.json.encode(facts.lock(root, seen))).decode(),
        shards=shards,
    )
    chosen = wanted if yes else ()
    left = wanted and not yes
    answer = InitAnswer(found=seen, writes=wanted, written=yes, notes=tuple(plan.notes(seen)))
    ANSWER.give(answer, ("init", "--yes") if left else ("warm",))
    CONSOLE.say(*_found(seen), "")
    # A program is not asked.
    if yes or dry_run or ANSWER.open:
        CONSOLE.say(*(line for it in wanted for line in _shown(it)))
    else:
        chosen = _asked(wanted)
    _write(root, seen, chosen)
    CONSOLE.say(*_told(wanted, chosen), *(f"note: {it}" for it in plan.notes(seen)))


def _hook(root: Path, seen: Facts) -> str:
    """Return the path of the hook that git would run, "" where that is not ours to write."""
    if seen.hooks != "git":
        return ""
    place = clone.hook_file(root, "pre-commit")
    top = git.top(root)
    return place.relative_to(root).as_posix() if place.is_relative_to(root) and top == root else ""


def _found(seen: Facts) -> Iterator[str]:
    """Yield what was seen, a line each."""
    where = ", ".join(seen.code) or "no package at the top"
    tests = ", ".join(seen.tests) or "in no file that the call of tests looks for"
    yield f"code: {where}; tests: {tests}, by {seen.runner}"
    for name, tool in seen.tools.items():
        pinned = f", pinned {tool.pinned}" if tool.pinned else ""
        called = f", called as: {tool.called}" if tool.called else ""
        state = "on" if tool.on else "off"
        yield f"{name}: {state} ({tool.why}); {tool.version or 'not installed'}{pinned}{called}"
    if seen.members:
        yield f"workspace: {', '.join(seen.members)}"
    yield f"installed by {seen.manager} (from {seen.needs}): {'; '.join(seen.install)}"
    yield f"CI: {seen.ci or 'none'}; hooks: {seen.hooks}; main branch: {seen.main}"


def _shown(it: Write) -> Iterator[str]:
    """Yield what would be written, as a diff."""
    yield f"{'change' if it.old else 'new'}: {it.path}"
    yield f"  why: {it.why}"
    lines = difflib.unified_diff(it.old.splitlines(), it.new.splitlines(), lineterm="", n=1)
    yield from (f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))
    yield ""


def _asked(wanted: tuple[Write, ...]) -> tuple[Write, ...]:
    """Return what a person agrees to, file by file; UsageError where nobody can be asked."""
    if wanted and not sys.stdin.isatty():
        CONSOLE.say(*(line for it in wanted for line in _shown(it)))
        raise UsageError(
            "Nothing was written: nobody is there to ask. Run: ft init --yes, or ft init --dry-run"
        )
    chosen = []
    for it in wanted:
        CONSOLE.say(*_shown(it))
        answer = input(f"Write {it.path}? [Y]es, [n]o, [q]uit: ").strip().lower()[:1]
        if answer == "q":
            break
        if answer in {"", "y"}:
            chosen.append(it)
    return tuple(chosen)


def _write(root: Path, seen: Facts, chosen: tuple[Write, ...]) -> None:
    """Write the files, and at the end the lock, which holds digests of what configures tools."""
    for it in chosen:
        if it.path != parity_lock.FILE:
            disk.write(root / it.path, it.new.encode("utf-8"))
            if "hooks/" in it.path:
                (root / it.path).chmod(0o755)
    if any(it.path == parity_lock.FILE for it in chosen):
        disk.write_json(root / parity_lock.FILE, facts.lock(root, seen))


def _told(wanted: tuple[Write, ...], chosen: tuple[Write, ...]) -> Iterator[str]:
    if not wanted:
        yield "Everything is set up; there is nothing to write."
    elif chosen:
        yield f"Wrote {', '.join(it.path for it in chosen)}. Now: ft warm"
    else:
        yield "Nothing was written."
