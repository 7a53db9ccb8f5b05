"""What changed since a recorded run, and which of its observations it speaks against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.impact.code_changes import Code
from firsttry_tasks.selection.impact.tree_diff import is_inert, sort

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.tree_diff import Changes

#: Kinds of observations that are about one file.
_FILES = frozenset({"outside", "read", "probed"})


class Effects:
    """What a change means for one recorded run.

    ``everything`` are reasons that speak against the whole recorded run; ``observations`` maps the
    number of an observation to why it holds no more; ``code`` is None where no code changed.
    """

    def __init__(self, recorded: RecordedRun, now: CurrentTree) -> None:
        """Compare the recorded run's tree and environment with what is there now."""
        self.changes = sort(recorded, now)
        self.everything = (*_parts(recorded, now), *self.changes.everything)
        self.observations = _observations(recorded, now, self.changes)
        self.code: Code | None = None
        if self.observations or any(path.endswith(".py") for path in self.changes.paths):
            self.code = Code(recorded, now, self.changes, self.observations)
            self.observations |= self.code.observations
            self.everything += self.code.everything

    @property
    def none(self) -> bool:
        """Nothing changed at all."""
        return not (self.changes.paths or self.observations or self.everything)


def _parts(recorded: RecordedRun, now: CurrentTree) -> tuple[str, ...]:
    names = sorted(recorded.parts.keys() | now.parts.keys())
    return tuple(
        f"{name} changed" for name in names if recorded.parts.get(name) != now.parts.get(name)
    )


def _observations(recorded: RecordedRun, now: CurrentTree, changes: Changes) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, (kind, name) in enumerate(recorded.observations):
        why = (
            _in_tree(kind, name, changes)
            or _around(kind, name, recorded, now)
            or _unwatched(kind, name, changes, now)
        )
        if why is not None:
            found[number] = why
    return found


def _in_tree(kind: str, name: str, changes: Changes) -> str | None:
    """Tell why what was seen of the tree is no more so."""
    why = None
    if kind in {"read", "whole-module"} and name in changes.paths:
        why = f"{name} changed"
    elif kind in {"probed", "read"} and changes.appeared(name):
        why = f"{name} came or went"
    elif kind == "probed" and name in changes.paths and not name.endswith(".py"):
        why = f"{name} changed"
    elif kind == "list" and name in changes.folders:
        why = f"{name} has another listing: {changes.folders[name]}"
    elif kind == "untraceable" and changes.paths:
        why = f"{min(changes.paths)} changed, and {name} may read it"
    return why


def _around(kind: str, name: str, recorded: RecordedRun, now: CurrentTree) -> str | None:
    """Tell why what was seen of environment and files outside is no more so."""
    if kind == "env" and now.variable(name) != recorded.variables.get(name, ""):
        return f"environment variable {name} changed"
    before = recorded.outside.get(name) if kind in _FILES else None
    if before is not None and now.outside(name) != before:
        return f"{name} changed"
    return None


def _unwatched(kind: str, folder: str, changes: Changes, now: CurrentTree) -> str | None:
    """Tell which file changed where nobody could see what is opened, but by Python."""
    if kind != "unwatched":
        return None
    for path in sorted(changes.paths):
        same = (path.rpartition("/")[0] or ".") == folder
        if same and not path.endswith(".py") and not is_inert(path, now):
            return f"{path} changed, and this system could not watch who opens it"
    return None
