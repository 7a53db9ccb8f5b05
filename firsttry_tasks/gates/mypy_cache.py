"""Says where mypy's own cache lies, and when that is blind to what changed.

mypy looks at each source's size and whole second of writing, and at most of its options. What else
an answer rests on it does not compare, or not always: an option that is gone (python/mypy#8753), a
stub that appears on a search path (#5101), a module that a plugin imports.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.observed import PathState

#: Endings of files whose content mypy compares by itself. Any other file that it looked at is
#: configuration or the like; where this list is too short, mypy runs once without its cache.
SOURCES = (".py", ".pyi")
#: The parts of the key that have no say in what the cache holds.
BESIDE = frozenset({"seen", "tree", "variables", "lock"})
SECOND = 1_000_000_000


def place(job: Job, configured: str) -> str:
    """Return the folder of mypy's cache, "" where mypy keeps none.

    ``configured`` is the value of ``cache_dir`` in mypy's configuration.
    """
    if job.cache:
        return job.cache
    # As mypy ranks them: the command line, the environment, the configuration, the default.
    folder = job.env.get("MYPY_CACHE_DIR") or configured or ".mypy_cache"
    words = (*job.lock.tool("mypy").args, *job.settings.mypy.args)
    for word, after in pairwise((*words, "")):
        if word.startswith("--cache-dir="):
            folder = word.removeprefix("--cache-dir=")
        elif word == "--cache-dir":
            folder = after
    whole = os.path.expanduser(os.path.expandvars(folder))  # noqa: PTH111  as mypy does
    return "" if whole == os.devnull else os.path.normpath(os.path.join(job.root, whole))  # noqa: PTH118


def blind_to_parts(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return the named part of the key that changed and that mypy's cache may be blind to."""
    names = sorted((old.keys() | new.keys()) - BESIDE)
    return next((name for name in names if old.get(name) != new.get(name)), "")


def blind_to(old: Mapping[str, PathState], new: Mapping[str, PathState], root: str) -> str:
    """Return a path that changed in a way that mypy's cache may be blind to, "" where none did.

    The names are those of ``gates/observed.py``; a changed path is in both.
    """
    changed = (name for name in sorted(old) if old[name].text != new[name].text)
    return next((n for n in changed if not _seen_by_mypy(n, old[n], new[n], root)), "")


def _seen_by_mypy(name: str, old: PathState, new: PathState, root: str) -> bool:
    kind, _, path = name.partition(" ")
    inside = path == root or path.startswith(f"{root}/")
    if kind == "list":
        return inside
    if kind == "code" or not path.endswith(SOURCES):
        return False
    if "absent" in {old.text, new.text}:
        # mypy looks again for the modules that it did not find, in the project; elsewhere a name
        # may now come from another place of the search path.
        return inside
    return not _alike(old.stamp, new.stamp)


def _alike(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Tell whether two stamps have the same size and second; mypy then reads nothing."""
    # Without a stamp nobody knows, and mypy might read nothing.
    return not (old and new) or (old[0] // SECOND, old[1]) == (new[0] // SECOND, new[1])
