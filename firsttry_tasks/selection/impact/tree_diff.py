"""What changed between a recorded run's tree and the tree now, sorted by what it can mean."""

from collections.abc import Iterable, Mapping

import msgspec

from firsttry_tasks.model import globs
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

INERT = (
    "*.md", "*.rst", "*.pyi", "*.lock", "*requirements*.txt", "**/*requirements*/**/*.txt",
    "/docs/", "/doc/", "/LICENSE*", "/LICENCE*", "/COPYING*", "/NOTICE*", "/AUTHORS*",
    "/CHANGES*", "/CHANGELOG*", "/README*", "/.git*", "/.editorconfig", "/.pre-commit-*",
    "/Makefile", "/Dockerfile*", "/ci/flaky_tests.json", "/ci/parity.lock.json",
    "/.readthedocs.*", "/mkdocs.yml", "/CITATION.cff", "/.mailmap", "/pytest.ini",
    "/.pytest.ini", "/tox.ini", "/setup.cfg", "/pyproject.toml", "/py.typed", "/pytest.toml",
    "/.pytest.toml", "/.coveragerc", "/mypy.ini", "/ruff.toml", "/.ruff.toml",
)  # fmt: skip


class Changes(msgspec.Struct, frozen=True):
    """Paths by kind of change."""

    paths: frozenset[str]  # all of them
    added: frozenset[str]
    removed: frozenset[str]
    folders: Mapping[str, str]  # folder whose listing changed -> the entry
    everything: tuple[str, ...]  # what can't be accounted for

    def appeared(self, path: str) -> bool:
        """Whether a path that was looked up is there now and wasn't, or the other way round."""
        if path in self.added or path in self.removed:
            return True
        parent, _, name = path.rpartition("/")
        return self.folders.get(parent or ".") == name


def sort(recorded: RecordedRun, now: CurrentTree) -> Changes:
    """Compare the manifests."""
    before, after = recorded.manifest, now.manifest
    added = frozenset(after.keys() - before.keys())
    removed = frozenset(before.keys() - after.keys())
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    paths = frozenset(added | removed | changed)
    return Changes(
        paths=paths,
        added=added,
        removed=removed,
        folders=_folders(before, after, added | removed),
        everything=tuple(sorted(_unknown(recorded, now, paths))),
    )


def _folders(
    before: Mapping[str, str], after: Mapping[str, str], moved: Iterable[str]
) -> dict[str, str]:
    """Folders that have an entry more or less, each with the first such entry."""
    moved = sorted(moved)
    if not moved:
        return {}
    old, new = _entries(before), _entries(after)
    found: dict[str, str] = {}
    for path in moved:
        parts = path.split("/")
        for depth in range(len(parts)):
            folder = "/".join(parts[:depth]) or "."
            entry = "/".join(parts[: depth + 1])
            if (entry in old) != (entry in new):
                found.setdefault(folder, parts[depth])
    return found


def _entries(manifest: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in manifest:
        found.add(path)
        while "/" in path:
            path = path.rpartition("/")[0]  # noqa: PLW2901
            if path in found:
                break
            found.add(path)
    return found


def _unknown(recorded: RecordedRun, now: CurrentTree, paths: Iterable[str]) -> Iterable[str]:
    """Return what is wrong with files of which nothing is known, where tests or sources are."""
    seen = {
        name for kind, name in recorded.observations if kind in {"read", "probed", "whole-module"}
    }
    homes = _homes(recorded)
    for path in paths:
        if path.endswith(".py") or path in seen or is_inert(path, now):
            continue
        if any(globs.fit(path, glob) for glob in now.depends):
            continue
        if _under(path, homes) and not _listed(recorded, path):
            yield f"{path} changed, and it isn't known what reads it"


def _listed(recorded: RecordedRun, path: str) -> bool:
    """Tell whether a new file is accounted for: tests list its folder."""
    return (
        path not in recorded.manifest
        and ("list", path.rpartition("/")[0] or ".") in recorded.observations
    )


def _homes(recorded: RecordedRun) -> set[str]:
    """Folders that hold modules or tests, the root only where nothing else does."""
    files = {*recorded.modules.values(), *(test.path for test in recorded.tests)}
    return {path.rpartition("/")[0] for path in files}


def _under(path: str, homes: set[str]) -> bool:
    folder = path.rpartition("/")[0]
    if not folder:
        return "" in homes
    while folder:
        if folder in homes:
            return True
        folder = folder.rpartition("/")[0]
    return False


def is_inert(path: str, now: CurrentTree) -> bool:
    """Tell whether no test reads a file of this kind, unless it is seen to."""
    return globs.fit(path, *INERT, *now.inert)
