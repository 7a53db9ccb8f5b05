"""Compares a recorded run with the current tree and finds the observations that no longer hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.observed import place, variable
from firsttry_tasks.model.recording import listing
from firsttry_tasks.selection.impact.code_changes import CodeChanges
from firsttry_tasks.selection.impact.tree_diff import is_inert, sort

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.tree_diff import TreeDiff

#: Kinds of observations that are about one file, which may lie outside of the repository.
_FILES = frozenset({"outside", "read", "probed", "whole-module", "list"})


class Invalidation:
    """What a change means for one recorded run.

    ``everything`` holds reasons for which nothing in the run can be trusted; then every test
    runs. ``observations`` maps the number of an observation to the reason why it no longer holds.
    ``code`` is None if neither Python files nor observations changed, or nothing can be trusted.
    """

    def __init__(self, recorded: RecordedRun, now: CurrentTree) -> None:
        """Compare the recorded run's tree and environment with what is there now."""
        self.changes = sort(recorded, now)
        self.everything = (*_parts(recorded, now), *self.changes.everything)
        self.observations = _observations(recorded, now, self.changes)
        self.code: CodeChanges | None = None
        # To build `CodeChanges` means to read the imports of every module. A run in which nothing
        # changed would pay that for nothing, and one that can't be trusted anyway. Observations
        # count too: an import may have made one.
        moved = self.observations or any(path.endswith(".py") for path in self.changes.paths)
        if moved and not self.everything:
            self.code = CodeChanges(recorded, now, self.changes, self.observations)
            self.observations |= self.code.observations
            self.everything += self.code.everything

    @property
    def none(self) -> bool:
        """Tell whether nothing changed at all."""
        return not (self.changes.paths or self.observations or self.everything)


#: The parts of the environment in words; of pytest's configuration a part is called by its place.
PARTS = {
    "command": "how pytest is called",
    "distributions": "what is installed",
    "environment": "a variable that steers Python or pytest",
}


def _parts(recorded: RecordedRun, now: CurrentTree) -> tuple[str, ...]:
    """Return a reason for each named part of the environment that differs."""
    # A part that only one side has counts as changed: not known is not the same.
    names = sorted(recorded.parts.keys() | now.parts.keys())
    return tuple(
        f"{PARTS.get(name, name)} changed"
        for name in names
        if recorded.parts.get(name) != now.parts.get(name)
    )


def _observations(recorded: RecordedRun, now: CurrentTree, changes: TreeDiff) -> dict[int, str]:
    """Return the observations that no longer hold, by number, each with the reason."""
    found: dict[int, str] = {}
    # A kind that none of the three knows is recorded and never asked about (see CONTRIBUTING).
    for number, (kind, name) in enumerate(recorded.observations):
        why = (
            _in_tree(kind, name, changes)
            or _around(kind, name, recorded, now)
            or _unwatched(kind, name, changes, now)
        )
        if why is not None:
            found[number] = why
    return found


def _in_tree(kind: str, name: str, changes: TreeDiff) -> str | None:
    """Return why what was observed of the tree no longer holds, None if it does."""
    why = None
    # A probe asks whether a path exists. Of a data file that is often a prelude to reading it past
    # Python, so a changed one counts; a probed Python file is imported, and imports are followed.
    if kind in {"read", "whole-module"} and name in changes.paths:
        why = f"{place(name)} changed"
    elif kind in {"probed", "read"} and changes.appeared(name):
        why = f"{place(name)} came or went"
    elif kind == "probed" and name in changes.paths and not name.endswith(".py"):
        why = f"{place(name)} changed"
    elif kind == "list" and name in changes.folders:
        why = f"{place(name)} has another listing: {changes.folders[name]}"
    elif kind == "untraceable" and changes.paths:
        why = f"{min(changes.paths)} changed, and {name} may read it"
    return why


def _around(kind: str, name: str, recorded: RecordedRun, now: CurrentTree) -> str | None:
    """Return why a variable or a file outside of the tree is no longer as it was observed."""
    # A variable that the run doesn't know was not set then, which has the digest "".
    if kind == "env" and now.variable(name) != recorded.variables.get(name, ""):
        return f"{variable(name)} changed"
    called = listing(name) if kind == "list" else name
    before = recorded.outside.get(called) if kind in _FILES else None
    if before is not None and now.outside(called) != before:
        return f"{now.shown(called)} changed"
    return None


def _unwatched(kind: str, folder: str, changes: TreeDiff, now: CurrentTree) -> str | None:
    """Return which data file changed in a folder where files opened past Python are not seen.

    On systems without inotify a C library may have read it unseen, so any change there counts.
    """
    if kind != "unwatched":
        return None
    for path in sorted(changes.paths):
        # The folder itself only: each folder that could not be watched has its own observation.
        same = (path.rpartition("/")[0] or ".") == folder
        if same and not path.endswith(".py") and not is_inert(path, now):
            return f"{path} changed, and this system could not watch who opens it"
    return None
