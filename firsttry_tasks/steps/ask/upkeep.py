"""The small commands: print fingerprint and settings, write or check the lock, forget state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import parity_lock
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.run import snapshot
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.steps.run.stage import RedError
from firsttry_tasks.system import disk, file_state

if TYPE_CHECKING:
    from pathlib import Path


class FingerprintAnswer(Struct, frozen=True, kw_only=True):
    """The name of this tree's golden cache, and the parts that are behind it."""

    fingerprint: str
    parts: dict[str, str]


class LockAnswer(Struct, frozen=True, kw_only=True):
    """The parity lock that was written, or what differs from the one that stands."""

    path: str
    written: bool
    python: str
    tools: dict[str, str]
    differences: tuple[parity_lock.Mismatch, ...] = ()


def fingerprint(root: Path, *, parts: bool = False) -> None:
    """Print the fingerprint; with ``parts`` also what it is made of, to compare two machines."""
    mark = snapshot.read(root)
    named = dict(sorted({"tree": mark.tree, **mark.parts}.items()))
    ANSWER.give(FingerprintAnswer(fingerprint=mark.name, parts=named))
    CONSOLE.say(mark.name)
    if parts:
        for name, value in named.items():
            CONSOLE.say(f"{name}:", *(f"  {line}" for line in value.splitlines()))


def write_lock(root: Path, *, check: bool = False) -> None:
    """Write the parity lock from this environment; with ``check`` compare, RedError if unequal."""
    old, _ = parity_lock.read(root)
    # From the old lock come the parts that people edit, such as arguments and thresholds.
    now = parity_lock.current(root, old, project(root).unused)
    versions = {name: tool.version for name, tool in now.tools.items() if tool.version}
    answer = LockAnswer(path=parity_lock.FILE, written=not check, python=now.python, tools=versions)
    if check:
        _check(root, answer, parity_lock.mismatches(old, now, project(root).unused))
        return
    disk.write_json(root / parity_lock.FILE, now)
    ANSWER.give(answer)
    tools = ", ".join(f"{name} {version}" for name, version in versions.items())
    CONSOLE.say(f"Wrote {parity_lock.FILE}: Python {now.python}, {tools}.")


def _check(root: Path, answer: LockAnswer, found: tuple[parity_lock.Mismatch, ...]) -> None:
    """Print the differences from the lock; RedError where there are any."""
    if not (root / parity_lock.FILE).exists():
        raise FirstTryError(f"There is no {parity_lock.FILE}; run: ft lock")
    ANSWER.give(replace(answer, differences=found), said=" ".join(it.mend for it in found))
    CONSOLE.say(*map(str, found))
    if found:
        raise RedError(
            f"{len(found)} difference{'s' if len(found) > 1 else ''} from {parity_lock.FILE}."
        )
    CONSOLE.say(f"This environment is as {parity_lock.FILE} says.")


def clear(root: Path) -> None:
    """Delete all warm state, and print what was deleted."""
    ANSWER.follow("warm")
    # mypy's default place alone: a cache that the project put elsewhere may serve others, too.
    places = (*state_paths.FORGOTTEN, ".mypy_cache")
    gone = [place for place in places if (root / place).exists()]
    # Measured before anything goes, to be told after.
    sizes = {place: file_state.size(root / place) for place in gone}
    for place in gone:
        disk.remove(root / place)
    CONSOLE.say(*(f"removed {place} ({size / 1e6:.1f} MB)" for place, size in sizes.items()))
    if not gone:
        CONSOLE.say("There was no warm state.")
