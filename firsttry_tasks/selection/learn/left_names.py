"""Compares what tests leave with what they were recorded to leave, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import (
    ADDED,
    DRAWN,
    FELT,
    HOLDS,
    LIBRARY,
    PERHAPS,
    SHIFTED,
    VARIABLE,
    is_told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

#: Kinds of scopes that come before the first test.
EARLY = frozenset({"import", "collect"})


def own(
    recorded_runs: Sequence[RecordedRun], now: CurrentTree | None = None
) -> dict[str, frozenset[str]]:
    """Return what each test left when it was recorded last, as far as it compares with ``now``."""
    found: dict[str, frozenset[str]] = {}
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        if now is not None and not now.compares(run):
            left = {n: vague(it) for n, it in left.items()}
        for test in run.tests:
            if test.nodeid not in found:
                found[test.nodeid] = frozenset(left[n] for n in test.observations if n in left)
    return found


def counts(recorded_runs: Iterable[RecordedRun], now: CurrentTree) -> dict[str, set[str]]:
    """Return how far each test counted in any recorded run that compares with ``now``.

    One that failed has stopped on its way, and is no less known for what it did before.
    """
    found: dict[str, set[str]] = {}
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        counted = {n for n, name in left.items() if SHIFTED in name and not name.endswith(PERHAPS)}
        for test in run.tests if counted and now.compares(run) else ():
            mine = (left[n] for n in test.observations if n in counted)
            found.setdefault(test.nodeid, set()).update(mine)
    return found


def vague(name: str) -> str:
    """Return the name of what any code may feel without letters, which another machine made."""
    return name.partition(HOLDS)[0] if name.startswith(FELT) else name


def felt_otherwise(names: AbstractSet[str], before: AbstractSet[str]) -> set[str]:
    """Return what any code may feel and a test left in one of two runs, or otherwise in both."""
    # Where one of both runs tells nothing of a value, it may be the same.
    both = {vague(it) for it in names if it.startswith(FELT)} & {*map(vague, before)}
    untold = {it for it in names | before if vague(it) == it} & both
    return {it for it in names ^ before if it.startswith(FELT) and vague(it) not in untold}


def places(recorded_runs: Iterable[RecordedRun]) -> dict[str, tuple[str, int]]:
    """Return where each test comes in the order of all; none where some plugin has its own."""
    found: dict[str, tuple[str, int]] = {}
    for run in recorded_runs:
        if is_ordered(run):
            return {}
        found = _collected(run) | found
    return found


def _collected(run: RecordedRun) -> dict[str, tuple[str, int]]:
    """Return the file of each test, and where it comes in that."""
    return {
        f"{path}{rest}": (path, at)
        for path, rests in run.collected.items()
        for at, rest in enumerate(rests)
    }


def earliest(
    left: Mapping[str, AbstractSet[str]], order: Mapping[str, tuple[str, int]]
) -> dict[str, tuple[str, int]]:
    """Return for each of the project's things where the first test comes that ``left`` it.

    What one of several left is none of them: which of these was the first, nobody saw.
    """
    found: dict[str, tuple[str, int]] = {}
    for who, names in left.items():
        for it in names if who in order else ():
            if not it.startswith((LIBRARY, FELT, VARIABLE)):
                found[it] = min(found.get(it, order[who]), order[who])
    doubtful = {it.removesuffix(PERHAPS) for it in found if it.endswith(PERHAPS)}
    return {it: at for it, at in found.items() if it not in doubtful}


def is_ordered(run: RecordedRun) -> bool:
    """Tell whether the tests of a run came in another order than that of files and functions.

    Those of several processes of pytest-xdist always do: what decides there is not known.
    """
    order = _collected(run)
    came = [order[test.nodeid] for test in run.tests if test.nodeid in order]
    return came != sorted(came)


def own_of_imports(recorded_runs: Sequence[RecordedRun]) -> dict[str, frozenset[str]]:
    """Return what the import of each module left when it was recorded last."""
    found: dict[str, frozenset[str]] = {}
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        for scope in run.scopes:
            if scope.kind in EARLY and scope.name not in found:
                found[scope.name] = frozenset(left[n] for n in scope.observations if n in left)
    return found


def otherwise(
    names: AbstractSet[str], before: AbstractSet[str], known: AbstractSet[str]
) -> set[str]:
    """Return what an import left otherwise than it is ``known``, and than it did ``before``."""
    spelled = {it.partition(HOLDS)[0] for it in names if is_told(it)}
    found: set[str] = set()
    for it in names:
        plain = it.removesuffix(PERHAPS)
        # It may have been one of several, and then those are known to do so.
        sure = is_set(it) and it == plain and plain not in {n.removesuffix(PERHAPS) for n in before}
        if plain not in spelled and (plain not in known or sure):
            found.add(plain)
    return found


def known(recorded_runs: Iterable[RecordedRun], now: CurrentTree) -> set[str]:
    """Return what was left in recorded runs, by whomever, and may be left again.

    What is made when first asked for is left by whoever asks first, so anybody's record counts.
    """
    found: set[str] = set()
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        found.update(name for name in left.values() if not is_told(name))
        # Letters that another machine made say nothing here.
        if now.compares(run):
            seen = {n for test in run.tests for n in test.observations}
            # An import that may have changed is not known to do what it did.
            same = (it for it in run.scopes if it.name in run.manifest)
            same = (it for it in same if run.manifest[it.name] == now.manifest.get(it.name))
            seen.update(n for it in same if it.kind in EARLY for n in it.observations)
            found.update(left[n].removesuffix(PERHAPS) for n in left.keys() & seen)
    return {it.removesuffix(PERHAPS) for it in found}


def unsteady(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> frozenset[str]:
    """Return the things of which a later run told what no earlier one had told.

    Some hold something else in each run, such as what is numbered by how many came before. To
    compare those says nothing: their users rest on what may have made them.
    """
    seen: dict[str, set[str]] = {}
    found = {it for run in recorded_runs for it in run.unsteady}
    for run in reversed([it for it in recorded_runs if now.compares(it)]):
        came: dict[str, set[str]] = {}
        for kind, name in run.observations:
            # By how much something was counted is each test's own.
            if kind == "left" and is_told(name) and SHIFTED not in name:
                thing, _, letters = name.removesuffix(PERHAPS).partition(HOLDS)
                came.setdefault(thing, set()).add(letters)
        found.update(it for it in came if it in seen and came[it] - seen[it])
        for it, held in came.items():
            seen.setdefault(it, set()).update(held)
    return frozenset(found)


def told(records: Iterable[Record]) -> set[str]:
    """Return what was left with letters, by whomever, but for by how much it was counted."""
    return {
        it.name.removesuffix(PERHAPS)
        for record in records
        for it in record.observations
        if it.kind == "left" and is_told(it.name) and SHIFTED not in it.name
    }


def things(recorded_runs: Iterable[RecordedRun]) -> set[str]:
    """Return the things of the project that were left with letters in these runs."""
    return {
        name.partition(HOLDS)[0]
        for run in recorded_runs
        for kind, name in run.observations
        if kind == "left" and is_told(name)
    }


def is_set(left: str) -> bool:
    """Tell whether a thing of the project was set, and not only added to."""
    return is_told(left) and ADDED not in left


def missing(known: Mapping[str, AbstractSet[str]], gone: AbstractSet[str]) -> dict[str, str]:
    """Return what tests left that are gone, and who; ``known`` is what each test left.

    What another one was seen to add it adds, now that it comes first.
    """
    others = {
        it.removesuffix(PERHAPS) for who, names in known.items() if who not in gone for it in names
    }
    return {
        it.removesuffix(PERHAPS): who
        for who in sorted(gone & known.keys())
        for it in sorted(filter(is_told, known[who]))
        if is_set(it) or it.removesuffix(PERHAPS) not in others
    }


class Kinds:
    """Which of some names are of what kind; all names that are asked about are among them."""

    def __init__(self, names: Iterable[str]) -> None:
        """Sort these names, and what they are without doubt and without letters."""
        said = set(names)
        #: Each name without the doubt whether it was this test of several.
        self.plain = {it: it.removesuffix(PERHAPS) for it in said}
        every = {*said, *self.plain.values(), *map(vague, said)}
        #: The thing that each is about.
        self.thing = {it: it.partition(HOLDS)[0] for it in every}
        #: What any code may feel without naming it.
        self.felt = frozenset(it for it in every if it.startswith(FELT))
        #: What only code that sets a thing so can change, whoever comes first.
        own = (FELT, VARIABLE)
        self.by_test = frozenset(
            it for it in every if it.startswith(own) or it.endswith(f":{DRAWN}")
        )
        #: What was set, and not only added to.
        self.set = frozenset(filter(is_set, every))
        #: By how much one of several tests counted further.
        self.counted = frozenset(it for it in said if SHIFTED in it and it.endswith(PERHAPS))
        #: What is missed where it is not left again: in a library only what one surely left, as
        #: its users are many.
        sure = (it for it in said if it.startswith(LIBRARY) and not it.endswith(PERHAPS))
        self.kept = frozenset(it for it in sure if HOLDS in it) | {*filter(is_told, said)}

    def without_doubt(self, names: Iterable[str]) -> set[str]:
        """Return names without the doubt whether it was this test of several."""
        return {self.plain[it] for it in names}

    def set_otherwise(self, names: AbstractSet[str], before: AbstractSet[str]) -> set[str]:
        """Return what a test set to another content than it did, and not only made or added to."""
        came = (self.set & names) - before
        known = self.without_doubt(before) if came else set()
        came -= known
        things = {self.thing[it] for it in known} if came else ()
        return {it for it in came if self.thing[it] in things}

    def kept_no_more(self, before: AbstractSet[str], now: AbstractSet[str]) -> set[str]:
        """Return what a test was recorded to leave, or one of several, and is not there now."""
        return {it for it in self.kept & before if self.plain[it] not in now}
