"""Puts into words who ran, read or named what changed: a reason is a sentence about the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import Scope

#: What code does with what it observes.
DOES = {
    "read": "reads it",
    "outside": "reads it",
    "probed": "looks for it",
    "list": "lists it",
    "env": "asks for it",
    "module": "imports it",
}
#: Kinds of scopes other than fixtures; any other is a result that tests share.
SCOPES = {"start": "starting pytest", "collect": "looking for tests"}

#: The reason of a test whose last result was red. It is compared with, not only shown: an older
#: run can't turn a newer red result into a green one.
FAILED = "failed when it ran last"


def met(what: str, kind: str, who: str) -> str:
    """Return the reason for an observation of this kind, "" for code that ran."""
    return _once(what, f"{who} {DOES.get(kind, 'uses it') if kind else 'ran it'}")


def named(what: str | None) -> str | None:
    """Return the reason for a changed name, None for None."""
    return what and _once(what, "the test may use it")


def imported(what: str, path: str) -> str:
    """Return the reason for a module that may be another when it is imported."""
    return what if path in what else _once(what, f"{path} uses it")


def _once(what: str, more: str) -> str:
    # Some say by themselves who does what.
    return what if "," in what else f"{what}, and {more}"


def opener(scope: Scope) -> str:
    """Return in words what a scope stands for."""
    if scope.kind == "fixture":
        return f"the fixture {scope.name.rpartition('::')[2]}"
    return SCOPES.get(scope.kind, "what it shares with other tests")
