"""Answers questions before a run: why a test is selected, and what an edit would select."""

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

#: Stands for the digest of a file that is only imagined to be edited. Digests are hexadecimal, so
#: no real file has this one.
_EDITED = "edited"


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


def explain(nodeid: str, recorded_runs: Sequence[RecordedRun], now: CurrentTree) -> Answer:
    """Return why a test is selected now, or why it needn't run.

    A ``nodeid`` that no recorded run holds gets an answer too; ``known`` is False then.
    """
    # The same function that warm asks, so that an answer can't differ from what warm will do.
    chosen = choose(recorded_runs, now)
    # Runs come newest first, so the first hit is the newest record of the test.
    held = [(recorded, test) for recorded in recorded_runs for test in recorded.tests]
    newest = next(((recorded, test) for recorded, test in held if test.nodeid == nodeid), None)
    why = "; ".join(chosen.everything) or chosen.why.get(nodeid, "")
    if newest is None:
        file = chosen.files.get(nodeid.partition("::")[0], "")
        why = why or (f"it is not known yet, and {file}" if file else "no such test is known")
        return Answer(nodeid=nodeid, known=False, runs=bool(chosen.everything or file), why=why)
    recorded, test = newest
    code, looked = _dependencies(recorded, test)
    return Answer(
        nodeid=nodeid,
        known=True,
        runs=bool(why),
        why=why or "nothing that it rests on changed since it passed",
        outcome=test.outcome,
        code=code,
        looked=looked,
    )


def _dependencies(
    recorded: RecordedRun, test: RecordedTest
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files whose code a test ran, and what it observed, its fixtures included."""
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
    """Return the tests that an edit would select, each with its reason.

    The edit is of ``name`` in the file at ``path``: a function, class or variable such as
    ``Shape.area``, "" for everything that the file defines. Tests that would run anyway are
    among the tests if the edit gives another reason for them.
    """
    # The tree may differ from the recorded one already. Only what the edit adds is its impact.
    before = choose(recorded_runs, now)
    after = choose(recorded_runs, _edited(now, path, name))
    if after.everything:
        known = {test.nodeid for recorded in recorded_runs for test in recorded.tests}
        return dict.fromkeys(sorted(known), "; ".join(after.everything))
    return {
        nodeid: why for nodeid, why in sorted(after.why.items()) if before.why.get(nodeid) != why
    }


def _edited(now: CurrentTree, path: str, name: str) -> CurrentTree:
    """Return the tree as it would be after an edit of what ``name`` stands for."""
    manifest: Mapping[str, str] = {**now.manifest, path: _EDITED}

    def fragments(asked: str) -> tuple[Fragment, ...] | None:
        found = now.fragments(asked)
        return tuple(_edit(found, name)) if found is not None and asked == path else found

    return msgspec.structs.replace(now, manifest=manifest, fragments=fragments)


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
    if fragment.is_function_body:
        return (
            not name
            or fragment.qualname == name
            or fragment.qualname.startswith((f"{name}.", f"{name}#"))
        )
    scope, _, last = name.rpartition(".")
    # Imports define nothing of the file. The head of a class holds its bases and decorators, and
    # changing those would select every user of the class for an edit of one method.
    plain = not fragment.uses.imports and (fragment.is_doc or not fragment.is_class)
    return plain and (not name or (fragment.qualname == scope and last in fragment.binds))
