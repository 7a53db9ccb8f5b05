"""The update step: make the nearest golden cache that fits and can be proved the warm state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.golden import box, nearest, restore
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model import state_paths
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.cache import fetch, request, storage, warm_state
from firsttry_tasks.steps.cache.known_variables import KnownVariables
from firsttry_tasks.steps.run import recording, snapshot
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.stores import StoreError
from firsttry_tasks.stores.bounded import BoundedStore
from firsttry_tasks.system import disk, git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from firsttry_tasks.golden.box import IndexEntry
    from firsttry_tasks.golden.nearest import Candidate, Choice
    from firsttry_tasks.stores import Store

#: The sentence of a success begins so; `refresh` tells by it what is worth a line in a warm run.
RESTORED = "Restored the golden cache of"


#: Says of a box why it does not fit.
Why = Callable[[box.Name], str]


class Wanted(Struct, frozen=True, kw_only=True):
    """What a box has to fit: this checkout's parts and lock, and main's commits behind HEAD."""

    parts: dict[str, str]
    lock: str
    line: git.Line


def update(root: Path, *, force: bool = False) -> None:
    """Restore the nearest golden cache that fits, and say what came of it; a store's errors too."""
    _carry_through(root)
    try:
        said = _update(root, storage.opened(root), wanted_here(root), force=force)
    except StoreError as error:
        said = f"{error} Warm runs go on without it."
    ANSWER.follow("warm")
    CONSOLE.say(said)


def refresh(root: Path) -> None:
    """Before a warm run, restore a box where state is missing or HEAD left main elsewhere.

    A StoreError is kept for `doit doctor`; the warm run goes on without a box.
    """
    _carry_through(root)
    wanted = wanted_here(root)
    said = "The state is of this base."
    if _has_reason(root, wanted.line):
        seconds = project(root).settings.store_seconds
        try:
            # Each request has the same bound as all together, so that one that hangs can't use
            # more.
            store = BoundedStore(storage.opened(root, seconds), seconds)
            said = _update(root, store, wanted, force=False)
        except StoreError as error:
            said = str(error)
    asked = request.CacheRequest(
        head=snapshot.read(root).head,
        base=wanted.line.base,
        said=said,
    )
    # Remembered also when it failed: the next warm run does not ask again until HEAD moves.
    disk.write_json(root / state_paths.ASKED, asked)
    if said.startswith(RESTORED) or fetch.REFUSED in said:
        CONSOLE.say(said)


def _carry_through(root: Path) -> None:
    """Finish a swap that an earlier run began and did not end."""
    staging = root / state_paths.STAGING
    if staging.exists():
        _swap(root)


def _swap(root: Path) -> IndexEntry | None:
    """Put what is ready in the staging folder in place; return its index entry, if any."""
    folder = warm_state.mypy_folder(root)
    index_entry = restore.finish(root / state_paths.STAGING, root / state_paths.WARM, folder)
    if index_entry:
        # What the last warm run saw says nothing about the state that now stands.
        for end in ("json", "manifest"):
            disk.remove(root / state_paths.ran_file("warm", "tests", end))
        # A cache that another run wrote: mypy's, too, was not made from what was seen here.
        disk.remove(root / state_paths.ran_file("warm", "mypy", "seen"))
    return index_entry


def _has_reason(root: Path, line: git.Line) -> bool:
    asked = disk.read_own(root / state_paths.ASKED, request.CacheRequest)
    # Where both are as they were, the same question would get the same answer.
    missing = not all((root / place).exists() for place in warm_state.needs(root))
    return missing or asked is None or asked.base != line.base


def wanted_here(root: Path) -> Wanted:
    """Return what a box has to fit here."""
    here, mark = project(root), snapshot.read(root)
    return Wanted(
        parts={**mark.parts, **recording.warm_parts(root)},
        lock=mark.lock,
        line=git.line(here.top, here.settings.main),
    )


def _update(root: Path, store: Store, wanted: Wanted, *, force: bool) -> str:
    """Try the boxes that fit, nearest first; return the sentences that say what came of it."""
    names = [name for name in (box.labelled(file.key) for file in store.entries()) if name]
    compat_key = box.compat_key(wanted.parts)
    choice = nearest.choose(names, wanted.line.commits, wanted.lock, compat_key)
    said, refused = _nothing(names, choice, wanted.line), []
    known = KnownVariables(project(root), wanted.parts)
    for candidate in choice.fitting:
        # The two halves are judged apart: mypy's cache is valid for any tree, so only its absence
        # is a reason, while the tests' state is replaced only by one that is nearer.
        tests = force or _is_nearer(root, candidate, wanted.parts)
        mypy = tests or not _has_mypy(root)
        if not tests and not mypy:
            said = "The warm state here is as near as any golden cache."
            break
        found = fetch.staged(root, store, candidate.name, known.suits)
        if not isinstance(found, str):
            known.translate(root / state_paths.STAGING, found.manifest)
            # From this moment on the swap is carried through, by the next run if this one is
            # killed.
            restore.mark_ready(root / state_paths.STAGING, found, tests=tests, mypy=mypy)
            _swap(root)
            away = nearest.away(candidate.distance + wanted.line.ahead)
            said = f"{RESTORED} {candidate.name.head[:12]}, {away}."
            break
        refused.append(found)
    # Reasons come last: a warm run's second is for the box, and what is left of it for words.
    return " ".join((said, *refused, *_others(store, choice, known)))


def _has_mypy(root: Path) -> bool:
    # The first two places are the tests'.
    return all((root / place).exists() for place in warm_state.needs(root)[2:])


def _is_nearer(root: Path, candidate: Candidate, parts: Mapping[str, str]) -> bool:
    """Tell whether a box is nearer to the tree than the warm state that stands here."""
    # None: there is no usable state, and any box is nearer than that.
    here = warm_state.distance(root, parts)
    if here is None:
        return True
    there = warm_state.of_commit(root, candidate.name.head)
    return there is not None and there < here


def _others(store: Store, choice: Choice, known: KnownVariables) -> Iterator[str]:
    """Yield a sentence for each nearer box, saying which part keeps it from fitting."""
    for candidate in choice.nearer:
        try:
            why = why_not(store, candidate.name, known)
        except StoreError as error:
            why = str(error).rstrip(".")
        yield f"{candidate.name.head[:12]} does not fit: {why}."


def why_not(store: Store, name: box.Name, known: KnownVariables) -> str:
    """Return why a box does not fit, by the parts in its index entry."""
    try:
        data = store.get(box.index_key(name), box.MOST_INDEX_ENTRY)
        if not data:
            return "it is gone"
        return known.differences(box.read(data, name)) or "it is of another parity lock"
    except BadBoxError as error:
        return str(error).rstrip(".")


def _nothing(names: list[box.Name], choice: Choice, line: git.Line) -> str:
    """Return the sentence for the case that no box can be restored."""
    if choice.fitting:
        return "No golden cache could be used; warm goes on cold."
    # The usual cause in CI: actions/checkout fetches one commit unless told otherwise.
    if line.shallow and not choice.nearer:
        n = len(line.commits)
        return (
            f"This clone is shallow ({n} commit{'s' if n > 1 else ''} of main), and none of them "
            "has a golden cache. For more, run: git fetch --unshallow (in CI: fetch-depth: 0)."
        )
    if not names:
        return "The store holds no golden cache."
    return f"None of the store's {len(names)} golden caches fits this commit."
