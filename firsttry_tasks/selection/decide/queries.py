"""Questions before a run: why a test was chosen or not, and what a change would select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.selection.decide.select import choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
    )
    from firsttry_tasks.selection.syntax.fragment import Fragment

_EDITED = "edited"


class Answer(Struct, frozen=True, kw_only=True):
    """Why one test runs now, or doesn't.

    ``code`` are the files whose functions it ran, itself or through its fixtures; ``looked`` is
    what it looked at besides (``read data.txt``); ``outcome`` is how it ended when it ran last.
    """

    nodeid: str
    known: bool
    runs: bool
    why: str
    outcome: str = ""
    code: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()


def explain(nodeid: str, recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> Answer:
    """Return why a test is chosen now, or why it needn't run."""
    chosen = choose(recorded_runs, now)
    held = [(recorded, test) for recorded in recorded_runs for test in recorded.tests]
    found = next(((recorded, test) for recorded, test in held if test.nodeid == nodeid), None)
    why = "; ".join(chosen.everything) or chosen.why.get(nodeid, "")
    if found is None:
        file = chosen.files.get(nodeid.partition("::")[0], "")
        why = why or (f"it is not known yet, and {file}" if file else "no such test is known")
        return Answer(nodeid=nodeid, known=False, runs=bool(chosen.everything or file), why=why)
    recorded, test = found
    code, looked = _rests_on(recorded, test)
    return Answer(
        nodeid=nodeid,
        known=True,
        runs=bool(why),
        why=why or "nothing that it rests on changed since it passed",
        outcome=test.outcome,
        code=code,
        looked=looked,
    )


def _rests_on(recorded: RecordedRun, test: RecordedTest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    units, observations = set(test.ran()), set(test.observations)
    for number in test.scopes:
        units.update(recorded.scopes[number].units)
        observations.update(recorded.scopes[number].observations)
    code = {recorded.units[number][0] for number in units}
    looked = {" ".join(recorded.observations[number]) for number in observations}
    return tuple(sorted(code)), tuple(sorted(looked))


def impact(
    path: str, name: str, recorded_runs: Sequence[RecordedRun], now: CurrentTree
) -> dict[str, str]:
    """Return the tests that an edit of a file would select, or of what is called ``name`` in it.

    ``name`` is a function, class or variable (``Shape.area``), "" for all that the file defines.
    Tests that would run anyway are among them, with the why of the edit.
    """
    before = choose(recorded_runs, now)
    after = choose(recorded_runs, _edited(now, path, name))
    if after.everything:
        known = {test.nodeid for recorded in recorded_runs for test in recorded.tests}
        return dict.fromkeys(sorted(known), "; ".join(after.everything))
    return {
        nodeid: why for nodeid, why in sorted(after.why.items()) if before.why.get(nodeid) != why
    }


def _edited(now: CurrentTree, path: str, name: str) -> CurrentTree:
    manifest: Mapping[str, str] = {**now.manifest, path: _EDITED}

    def fragments(asked: str) -> tuple[Fragment, ...] | None:
        found = now.fragments(asked)
        return tuple(_edit(found, name)) if found is not None and asked == path else found

    return msgspec.structs.replace(now, manifest=manifest, fragments=fragments)


def _edit(fragments: Iterable[Fragment], name: str) -> Iterable[Fragment]:
    for fragment in fragments:
        if _meant(fragment, name):
            yield msgspec.structs.replace(fragment, digest=bytes(len(fragment.digest)))
        else:
            yield fragment


def _meant(fragment: Fragment, name: str) -> bool:
    """Tell whether a fragment is what the name stands for, or part of it."""
    if fragment.is_function_body:
        return (
            not name
            or fragment.qualname == name
            or fragment.qualname.startswith((f"{name}.", f"{name}#"))
        )
    scope, _, last = name.rpartition(".")
    plain = not fragment.uses.imports and (fragment.is_doc or not fragment.is_class)
    return plain and (not name or (fragment.qualname == scope and last in fragment.binds))
