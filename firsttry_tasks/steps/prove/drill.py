"""The drill step: play seeded faults in the repository's code, and say what warm missed of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.config import project_layout
from firsttry_tasks.model import globs, state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.parity import faults, played, proof
from firsttry_tasks.parity.played import Faulty, FullRun, Past
from firsttry_tasks.reporting import proofs
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.prove import course
from firsttry_tasks.steps.prove.course import Course, Plan, Wish
from firsttry_tasks.steps.prove.ground import Ground
from firsttry_tasks.steps.run.project import Project, project
from firsttry_tasks.system import git

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.parity.faults import Fault

#: Folders inside of packages where their tests are: a fault there is none of the product.
TESTS = frozenset({"test", "tests", "testing"})
#: A fault that makes the tests take so many times their time, and so many seconds, hangs them.
HANGS, LEAST = 5, 60.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How many faults are drawn, by which seed, and in which data files beside the code."""

    count: int
    seed: int
    data: str


def drill(root: Path, asked: Asked, wish: Wish) -> int:
    """Play seeded faults, print what warm missed of them, and return the exit code."""
    if asked.count < 1 or wish.minutes < 0:
        raise UsageError("Ask for at least one fault: ft drill --faults 20 --minutes 20")
    here = project(root)
    with course.on_errors():
        found = _proof(here, asked, wish)
        CONSOLE.tell(*([] if ANSWER.open else proofs.of_drill(found)))
    return course.answered(found)


def _proof(here: Project, asked: Asked, wish: Wish) -> proof.Proof:
    ground = Ground(here, state_paths.DRILL)
    notes = Course(ground, Faulty, wish)
    head = git.ask(here.top, "rev-parse", "HEAD").decode("ascii").strip()
    with course.alone(ground):
        ground.make()
        ground.enter(head)
        drawn = _drawn(here, ground.root, asked)
        names = tuple(f"{it.kind} {it.path}:{it.line}:{it.start}" for it in drawn)
        notes.begin(Plan(head=head, asked=names, installed=here.installed))
        CONSOLE.tell(*proofs.head(), *map(proofs.row, notes.played))
        if not notes.left(len(drawn)):
            CONSOLE.tell(proofs.STANDS)
        with ground.around():
            _play(ground, notes, drawn, head)
        if not notes.left(len(drawn)):
            ground.leave()
    return proof.proof("drill", notes.played, notes.left(len(drawn)), asked.count)


def _drawn(here: Project, root: Path, asked: Asked) -> list[Fault]:
    """Return the faults: in the project's code at HEAD, tests left out, and in its data files."""
    tracked = git.fields(git.ask(root, "ls-files", "-z"))
    # As the settings or the layout say; a project of scripts has its code all over.
    where = here.settings.paths or project_layout.sources(tracked) or (".",)
    code = [path for path in tracked if path.endswith(".py") and _below(path, where)]
    sources = [path for path in code if TESTS.isdisjoint(Path(path).parts)]
    data = [path for path in tracked if asked.data and globs.fit(path, asked.data)]
    drawn = faults.draw(root, sources, data, asked.count, asked.seed)
    if not drawn:
        raise FirstTryError(
            f"There is no place for a fault in {', '.join(where)}; say where the code lies:"
            " [tool.firsttry] paths"
        )
    return drawn


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(it in {".", path} or path.startswith(f"{it.rstrip('/')}/") for it in folders)


def _play(ground: Ground, notes: Course[Faulty], drawn: list[Fault], head: str) -> None:
    """Play what is not played yet, for as long as there is time."""
    if not notes.left(len(drawn)):
        return
    ground.make()
    ground.enter(head)
    past = notes.past or _learned(ground, notes)
    for fault in drawn[len(notes.played) :]:
        if notes.late():
            return
        began = time.monotonic()
        ground.back()
        line = _one(ground, fault, past.last)
        notes.note(line, time.monotonic() - began)
        CONSOLE.clear()
        CONSOLE.tell(proofs.row(line))


def _learned(ground: Ground, notes: Course[Faulty]) -> Past:
    """Learn what each test uses without a fault, keep that, and return how the tests ended."""
    CONSOLE.live("drill", "without a fault")
    warm = ground.warm()
    before = ground.full() if not warm.error else FullRun()
    if not before.collected:
        why = warm.error or before.trouble
        raise FirstTryError(f"The tests don't run in a clone of HEAD: {why}. Run: ft warm")
    notes.start(played.past(before))
    return played.past(before)


def _one(ground: Ground, fault: Fault, before: FullRun) -> Faulty:
    """Play one fault, from the state in which the tests were learned."""
    fault.apply(ground.root)
    line = Faulty(kind=fault.kind, place=f"{fault.path}:{fault.line}")
    CONSOLE.live("drill", f"{line.kind} {line.place}")
    # First: it says whether the tests end at all.
    after = ground.full(max(LEAST, HANGS * before.seconds))
    if after.hung:
        return msgspec.structs.replace(line, state="hung")
    warm = ground.warm()
    if warm.error:
        return msgspec.structs.replace(line, state="unanswered", note=warm.error)
    missed = played.unbroken(warm, before, after)
    flaky = played.unlike(ground.again(missed), missed, after)
    missed -= flaky
    return msgspec.structs.replace(
        line,
        **played.measured(warm, after, max(len(before.outcomes), 1)),
        broke=len(after.failed - before.failed),
        flaky=tuple(sorted(flaky)),
        missed=ground.explained(missed, before, after) if missed else (),
    )
