"""The replay step: play the repository's own last commits, and say whether warm pays here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.parity import played, proof
from firsttry_tasks.parity.played import FullRun, Past, Step, WarmRun
from firsttry_tasks.reporting import proofs
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.prove import course
from firsttry_tasks.steps.prove.course import Course, Plan, Wish
from firsttry_tasks.steps.prove.ground import Ground
from firsttry_tasks.steps.run.project import Project, project
from firsttry_tasks.system import git

if TYPE_CHECKING:
    from pathlib import Path

#: The length of a commit's name as it is shown.
SHORT = 12


def replay(root: Path, commits: int, wish: Wish) -> int:
    """Play the last commits, print what warm came to, and return the exit code."""
    if commits < 1 or wish.minutes < 0:
        raise UsageError("Ask for at least one commit: ft replay --commits 30 --minutes 20")
    here = project(root)
    names = _names(here, commits)
    with course.on_errors():
        found = _proof(here, names, commits, wish)
        CONSOLE.tell(*([] if ANSWER.open else proofs.of_replay(found)))
    return course.answered(found)


def _names(here: Project, count: int) -> tuple[str, ...]:
    """Return the commits from the oldest to HEAD: one to learn at, and those to play."""
    words = ("rev-list", "--first-parent", f"--max-count={count + 1}", "HEAD")
    names = tuple(git.ask(here.top, *words).decode("ascii").split()[::-1])
    if len(names) == 1:
        raise FirstTryError(
            "There is one commit here and none before it, so nothing can be replayed. A clone that"
            " was cut short gets its history by: git fetch --unshallow"
        )
    return names


def _proof(here: Project, names: tuple[str, ...], asked: int, wish: Wish) -> proof.Proof:
    ground = Ground(here, state_paths.REPLAY)
    notes = Course(ground, Step, wish)
    with course.alone(ground):
        notes.begin(Plan(head=names[-1], asked=names, installed=here.installed))
        CONSOLE.tell(*proofs.head(), *map(proofs.row, notes.played))
        if not notes.left(len(names)):
            CONSOLE.tell(proofs.STANDS)
        with ground.around():
            _play(ground, notes, names)
        if not notes.left(len(names)):
            ground.leave()
    return proof.proof("replay", notes.played, notes.left(len(names)), asked)


def _play(ground: Ground, notes: Course[Step], names: tuple[str, ...]) -> None:
    """Play what is not played yet, for as long as there is time."""
    if not notes.left(len(names)):
        return
    ground.make()
    if notes.played:
        ground.enter(names[len(notes.played) - 1])
        ground.back()
    for name in names[len(notes.played) :]:
        if notes.late():
            return
        began = time.monotonic()
        step, past = _one(ground, name, notes.past)
        notes.add(step, past, time.monotonic() - began)
        CONSOLE.clear()
        CONSOLE.tell(proofs.row(step))


def _one(ground: Ground, name: str, past: Past | None) -> tuple[Step, Past | None]:
    """Play one commit; return what it came to, and the past that the next one has."""
    ground.enter(name)
    subject = git.ask(ground.here.top, "show", "--no-patch", "--format=%s", name)
    step = Step(commit=name[:SHORT], subject=subject.decode("utf-8", "replace").strip())
    CONSOLE.live("replay", f"{step.commit} {step.subject}")
    if why := ground.missing():
        return msgspec.structs.replace(step, state="uninstalled", note=why), past
    warm, after = ground.warm(), ground.full()
    fields = played.measured(warm, after)
    if warm.error and after.collected:
        return msgspec.structs.replace(step, state="unanswered", note=warm.error, **fields), past
    if not after.collected:
        note = after.trouble
        return msgspec.structs.replace(step, state="uncollected", note=note, **fields), past
    if past is None:
        return msgspec.structs.replace(step, state="learned", **fields), played.past(after)
    fields |= _judged(ground, warm, past, after)
    return msgspec.structs.replace(step, **fields), past.then(after)


def _judged(ground: Ground, warm: WarmRun, past: Past, after: FullRun) -> dict[str, object]:
    """Return the fields of a step that say where warm was right and where wrong."""
    before = past.last
    changed = played.changed(before, after)
    left_out = played.left_out(warm, past, after)
    false_red = warm.failed & after.passed
    again = ground.again(left_out | false_red)
    left_out -= played.unnamed(again, left_out, past)
    flaky = played.unlike(again, left_out, after) | played.undecided(again, false_red)
    missed = left_out - flaky
    return {
        "changed": len(changed & before.outcomes.keys()),
        "new": len(changed - before.outcomes.keys()),
        "flaky": tuple(sorted(flaky)),
        "missed": ground.explained(missed, before, after) if missed else (),
        "false_red": tuple(sorted(false_red - flaky)),
    }
