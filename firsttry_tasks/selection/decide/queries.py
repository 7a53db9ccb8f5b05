"""Answers questions before a run: why a test is selected, and what an edit would select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.selection.decide.select import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
    )
    from firsttry_tasks.selection.syntax.fragment import Fragment

#: Stands for the digest of a file that is only imagined to be edited. Digests are hexadecimal, so
#: no real file has this one.
_EDITED = "edited"
#: The answer for a test that needs no run.
STANDS = "nothing changed that it uses"


class Answer(Struct, frozen=True, kw_only=True):
    """Why one test runs now, or doesn't.

    ``known`` tells whether a recorded run holds the test, ``runs`` whether it is selected now.
    ``code`` lists the files whose functions the test or its fixtures ran, ``looked`` what else
    was observed (``read data.txt``), ``outcome`` how the test ended when it ran last.
    """

    nodeid: str
    known: bool
    runs: bool
    why: str
    outcome: str = ""
    code: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()


def explain(
    nodeid: str,
    recorded_runs: Sequence[RecordedRun],
    chosen: Selection,
    shown: Callable[[str], str] = str,
) -> Answer:
    """Return why a test is selected now, or why it needn't run; ``chosen`` is what warm chose.

    ``shown`` returns the name of what is outside of the tree as a person knows it.
    """
    # Runs come newest first, so the first hit is the newest record of the test.
    held = ((recorded, test) for recorded in recorded_runs for test in recorded.tests)
    newest = next(((recorded, test) for recorded, test in held if test.nodeid == nodeid), None)
    why = "; ".join(chosen.everything) or chosen.why.get(nodeid, "")
    if newest is None:
        why = why or f"it is new: {chosen.files.get(nodeid.partition('::')[0], 'it never ran')}"
        return Answer(nodeid=nodeid, known=False, runs=True, why=why)
    recorded, test = newest
    code, looked = _dependencies(recorded, test, shown)
    return Answer(
        nodeid=nodeid,
        known=True,
        runs=bool(why),
        why=why or STANDS,
        outcome=test.outcome,
        code=code,
        looked=looked,
    )


def _dependencies(
    recorded: RecordedRun, test: RecordedTest, shown: Callable[[str], str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files whose code a test ran, and what it observed, its fixtures included."""
    units, observations = set(test.ran()), set(test.observations)
    for number in test.scopes:
        units.update(recorded.scopes[number].units)
        observations.update(recorded.scopes[number].observations)
    code = {recorded.units[number][0] for number in units}
    looked = {
        f"{kind} {name if kind == 'env' else shown(name)}"
        for kind, name in (recorded.observations[number] for number in observations)
    }
    return tuple(sorted(code)), tuple(sorted(looked))


def names(fragments: Iterable[Fragment]) -> Iterator[str]:
    """Yield the names in a file that can be edited: functions, classes, variables, members."""
    for fragment in fragments:
        if fragment.is_function_body:
            yield fragment.qualname
        elif not fragment.is_doc and not fragment.uses.imports:
            yield from (f"{fragment.qualname}.{it}".lstrip(".") for it in sorted(fragment.binds))


def impact(
    path: str, name: str, recorded_runs: Sequence[RecordedRun], now: CurrentTree
) -> dict[str, str]:
    """Return the tests that warm would run after an edit, each with its reason.

    The edit is of ``name`` in the file at ``path``: a function, class or variable such as
    ``Shape.area``, "" for everything that the file defines. It is made to the tree as it is, but
    for what no run has seen yet, so the answer is the same before the edit, after it and after its
    revert.
    """
    return impact_of([path], recorded_runs, now, name)


def impact_of(
    paths: Iterable[str], recorded_runs: Sequence[RecordedRun], now: CurrentTree, name: str = ""
) -> dict[str, str]:
    """Return the tests that warm would run after an edit of all these files at once."""
    base = _as_recorded(recorded_runs, now)
    return _chosen(recorded_runs, _edited(base, frozenset(paths), name))


def importers(
    paths: Collection[str], recorded_runs: Sequence[RecordedRun], now: CurrentTree
) -> dict[str, str]:
    """Return the tests for which it counts that a module is imported, whatever they use of it.

    An edit may add an import, or a call at module level, and what that does is in no function.
    """
    base = _as_recorded(recorded_runs, now)
    manifest = {**base.manifest, **dict.fromkeys(paths, _EDITED)}

    def fragments(asked: str) -> tuple[Fragment, ...] | None:
        # Nothing at import is worse than not to be imported.
        return None if asked in paths else base.fragments(asked)

    edited = msgspec.structs.replace(base, manifest=manifest, fragments=fragments)
    who = next(iter(paths)) if len(paths) == 1 else f"one of {len(paths)} modules"
    why = f"{who} is imported, and may do something else then"
    return dict.fromkeys(_chosen(recorded_runs, edited), why)


def _chosen(recorded_runs: Sequence[RecordedRun], tree: CurrentTree) -> dict[str, str]:
    """Return the tests that warm would run in a tree, each with its reason."""
    after = choose(recorded_runs, tree)
    known = {test.nodeid for recorded in recorded_runs for test in recorded.tests}
    if after.everything:
        return dict.fromkeys(sorted(known), "; ".join(after.everything))
    # A file that is collected anew runs what is new in it; only a real edit can tell what that is.
    return dict(sorted(after.why.items()))


def _as_recorded(recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> CurrentTree:
    """Return the present tree with files that no run has seen as they are in the newest run.

    An edit that was run and taken back leaves a newest run of a tree that is no longer there.
    """
    # A run knows of what its own tests asked for; of the rest the newest that knows it.
    variables = _newest(run.variables for run in recorded_runs)
    outside = _newest(run.outside for run in recorded_runs)
    manifest = _seen(now.manifest, [run.manifest for run in recorded_runs])

    def fragments(asked: str) -> tuple[Fragment, ...] | None:
        blob = manifest.get(asked, "")
        if blob == now.manifest.get(asked):
            return now.fragments(asked)
        # What no run took apart stands here as it was, or nobody knows it.
        return now.before(asked, blob) or now.fragments(asked)

    return msgspec.structs.replace(
        now,
        manifest=manifest,
        parts=_seen(now.parts, [run.parts for run in recorded_runs]),
        variable=lambda asked: variables.get(asked, ""),
        outside=lambda asked: outside.get(asked, ""),
        fragments=fragments,
        # Only a run tells what will stand in a thing: all who use it may have to run.
        without=now.without | {"content"},
    )


def _seen(now: Mapping[str, str], runs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return what is now, where one of the runs had it so; elsewhere what the newest had."""
    newest, found = runs[0], dict(runs[0])
    for name in now.keys() | newest.keys():
        here = now.get(name)
        if here != newest.get(name) and any(run.get(name) == here for run in runs):
            if here is None:
                del found[name]
            else:
                found[name] = here
    return found


def _newest(known: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what the first of these know, completed by what the others do."""
    found: dict[str, str] = {}
    for one in known:
        found = {**one, **found}
    return found


def _edited(base: CurrentTree, paths: frozenset[str], name: str) -> CurrentTree:
    """Return the tree as it would be after an edit of what ``name`` stands for in these files."""
    manifest: Mapping[str, str] = {**base.manifest, **dict.fromkeys(paths, _EDITED)}
    # Files of configuration are compared by their sections, `pyproject.toml [tool.pytest]`.
    parts = {
        part: _EDITED if part.partition(" ")[0] in paths else value
        for part, value in base.parts.items()
    }

    def fragments(asked: str) -> tuple[Fragment, ...] | None:
        found = base.fragments(asked)
        return tuple(_edit(found, name)) if found is not None and asked in paths else found

    return msgspec.structs.replace(base, manifest=manifest, parts=parts, fragments=fragments)


def _edit(fragments: Iterable[Fragment], name: str) -> Iterable[Fragment]:
    for fragment in fragments:
        if _matches(fragment, name):
            # A digest of zeros differs from any real one, but the names stay: the edit is of a
            # value or a body, not of what the code refers to.
            yield msgspec.structs.replace(fragment, digest=bytes(len(fragment.digest)))
        else:
            yield fragment


def _matches(fragment: Fragment, name: str) -> bool:
    """Tell whether a fragment is what the name stands for, or a part of that."""
    if not name:
        return True
    inside = fragment.qualname == name or fragment.qualname.startswith((f"{name}.", f"{name}#"))
    # Of a class all that stands in it; of a function its body, and its documentation.
    if inside:
        return True
    scope, _, last = name.rpartition(".")
    return not fragment.is_doc and fragment.qualname == scope and last in fragment.binds
