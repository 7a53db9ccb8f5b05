"""Compares a recorded run's tree with the current one, and sorts the paths by kind of change."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from firsttry_tasks.model import globs
from firsttry_tasks.model.entries import OUTSIDE, is_endless, is_link, is_unreadable
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

#: Files that tests don't read, as a rule: documents, tools' settings, lock files. One that a test
#: was seen to read counts all the same. Settings of pytest are here because they are a named part
#: of the environment, which is compared by itself.
INERT = (
    "*.md", "*.rst", "*.pyi", "*.lock", "*requirements*.txt", "**/*requirements*/**/*.txt",
    "/docs/", "/doc/", "/LICENSE*", "/LICENCE*", "/COPYING*", "/NOTICE*", "/AUTHORS*",
    "/CHANGES*", "/CHANGELOG*", "/README*", "/.git*", "/.editorconfig", "/.pre-commit-*",
    "/Makefile", "/Dockerfile*", "/ci/flaky_tests.json", "/ci/parity.lock.json",
    "/.readthedocs.*", "/mkdocs.yml", "/CITATION.cff", "/.mailmap", "/pytest.ini",
    "/.pytest.ini", "/tox.ini", "/setup.cfg", "/pyproject.toml", "/py.typed", "/pytest.toml",
    "/.pytest.toml", "/.coveragerc", "/mypy.ini", "/ruff.toml", "/.ruff.toml",
)  # fmt: skip


class TreeDiff(msgspec.Struct, frozen=True):
    """Paths by kind of change; all are relative to the repository."""

    #: Everything that was added, removed or edited.
    paths: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]
    #: Folder whose listing changed ("." is the root) -> the first entry that came or went.
    folders: Mapping[str, str]
    #: Changes that can't be accounted for, as reasons to run every test.
    everything: tuple[str, ...]

    def appeared(self, path: str) -> bool:
        """Tell whether a path, of a file or a folder, came or went."""
        if path in self.added or path in self.removed:
            return True
        parent, _, name = path.rpartition("/")
        return self.folders.get(parent or ".") == name


def sort(recorded: RecordedRun, now: CurrentTree) -> TreeDiff:
    """Return what differs between the manifests of a recorded run and of the current tree."""
    before, after = recorded.manifest, now.manifest
    added = frozenset(after.keys() - before.keys())
    removed = frozenset(before.keys() - after.keys())
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    paths = frozenset(added | removed | changed)
    return TreeDiff(
        paths=paths,
        added=added,
        removed=removed,
        folders=_folders(before, after, added | removed),
        everything=tuple(sorted({*_unknown(recorded, now, paths), *_hidden(recorded, now, paths)})),
    )


def _folders(
    before: Mapping[str, str], after: Mapping[str, str], moved: Iterable[str]
) -> dict[str, str]:
    """Return the folders with an entry more or less, each with the first such entry."""
    moved = sorted(moved)
    # Most edits move no file; then the thousands of paths of both trees needn't be split.
    if not moved:
        return {}
    old, new = _entries(before), _entries(after)
    found: dict[str, str] = {}
    for path in moved:
        # The first file in a new folder changes the listing of the folder above as well, all the
        # way up to one that was there before.
        parts = path.split("/")
        for depth in range(len(parts)):
            folder = "/".join(parts[:depth]) or "."
            entry = "/".join(parts[: depth + 1])
            if (entry in old) != (entry in new):
                found.setdefault(folder, parts[depth])
    return found


def _entries(manifest: Iterable[str]) -> set[str]:
    """Return all files and folders of a tree. Git knows no empty folders."""
    found: set[str] = set()
    for path in manifest:
        found.add(path)
        while "/" in path:
            path = path.rpartition("/")[0]  # noqa: PLW2901
            # The folders above a known folder are known.
            if path in found:
                break
            found.add(path)
    return found


def _unknown(recorded: RecordedRun, now: CurrentTree, paths: Iterable[str]) -> Iterable[str]:
    """Yield a reason for each changed file of which it isn't known what reads it.

    This is where selection fails closed: a data file beside modules or tests that no test was
    seen to read may be read in a way that the recorder can't see. Where it saw what the processes
    asked the C library for, nothing reads unseen.
    """
    if recorded.followed:
        return
    seen = {
        name for kind, name in recorded.observations if kind in {"read", "probed", "whole-module"}
    }
    homes = _homes(recorded)
    for path in paths:
        if path.endswith(".py") or path in seen or is_inert(path, now):
            continue
        # A person has written down which tests depend on the file.
        if any(globs.fit(path, glob) for glob in now.depends):
            continue
        if _under(path, homes) and not _listed(recorded, path):
            yield f"{path} changed, and it isn't known what reads it"


def _hidden(recorded: RecordedRun, now: CurrentTree, paths: Iterable[str]) -> Iterator[str]:
    """Yield a reason for each path that hides what stands behind it.

    A module that is found through a link has no record under the link's path.
    """
    before, after = recorded.manifest, now.manifest
    read = {name for kind, name in recorded.observations if kind == "read"}
    for path in paths:
        entry = after.get(path, "")
        unreadable = is_unreadable(entry)
        led_away = _leads_away(before.get(path, ""), entry) and (
            path.endswith(".py") or path not in read
        )
        # Globs come last: what reads them takes longer to load than all the rest to look at.
        if not (unreadable or led_away) or is_inert(path, now):
            continue
        if unreadable:
            yield f"{path} can't be read, and it changed"
        else:
            yield f"{path} is a link, and what it leads to changed"
    yield from (
        f"{path} leads to more files than are looked at"
        for path, entry in after.items()
        if is_endless(entry)
    )


def _leads_away(before: str, after: str) -> bool:
    """Tell whether a link came, went or leads elsewhere, or what it leads to changed outside."""
    if not (is_link(before) or is_link(after)):
        return False
    # What lies inside is in the tree under a path of its own as well, which changed with it.
    same = before.partition("+")[0] == after.partition("+")[0]
    return not same or OUTSIDE in before + after


def _listed(recorded: RecordedRun, path: str) -> bool:
    """Tell whether a file is new and tests list its folder: the listing selects them."""
    return (
        path not in recorded.manifest
        and ("list", path.rpartition("/")[0] or ".") in recorded.observations
    )


def _homes(recorded: RecordedRun) -> set[str]:
    """Return the folders that hold modules or tests; "" is the root."""
    files = {*recorded.modules.values(), *(test.path for test in recorded.tests)}
    return {path.rpartition("/")[0] for path in files}


def _under(path: str, homes: set[str]) -> bool:
    """Tell whether a file lies in one of these folders or below."""
    folder = path.rpartition("/")[0]
    # If modules lie in the root, that is no reason to suspect every file of the repository.
    if not folder:
        return "" in homes
    while folder:
        if folder in homes:
            return True
        folder = folder.rpartition("/")[0]
    return False


def is_inert(path: str, now: CurrentTree) -> bool:
    """Tell whether tests don't read files of this kind, as a rule or by the setting ``inert``."""
    return globs.fit(path, *INERT, *now.inert)
