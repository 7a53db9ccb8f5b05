"""Tells where a path lies: in the repository, outside of it, or where it can't matter."""

import functools
import os
import sys
from pathlib import Path

from firsttry_tasks.recorder.probes.stack import INSTALLED
from firsttry_tasks.recorder.tracing.attribution import Attribution

#: Folders that tools keep inside a repository for themselves; no test's outcome rests on them.
_SKIPPED = ("/.git/", "/.firsttry/", "/__pycache__/", "/.pytest_cache/", "/.hypothesis/")
#: How many paths are remembered. The same few are asked for again and again, and placing one
#: takes many string operations. 16,384 covers the files of most projects in a few megabytes; a
#: judgement, not measured.
_REMEMBERED = 1 << 14


class PathResolver:
    """Resolves the paths that code asks for, for one repository.

    Code may ask by text, by bytes, by a path object or by the number of an open file.
    """

    def __init__(self, attribution: Attribution) -> None:
        """Take the repository of this attribution."""
        self._root, self._prefix = attribution.root, attribution.prefix
        self._outside = _uninteresting()
        # A cache for each object: one on the method would keep the object alive.
        self._placed = functools.lru_cache(maxsize=_REMEMBERED)(self._place)

    def where(self, path: object) -> str | None:
        """Return a path relative to the root, an absolute one outside, None if it can't matter."""
        if isinstance(path, int) or path is None:
            return None
        try:
            name = os.fsdecode(path)  # type: ignore[arg-type]
            # Functions on strings, because path objects take several times as long. The current
            # folder is asked for each time: a test may change it.
            if not os.path.isabs(name):  # noqa: PTH117
                name = os.path.join(os.getcwd(), name)  # noqa: PTH109,PTH118
        # What is no path fails in the function that was asked, too, and there with its own error.
        except (OSError, TypeError, ValueError):
            return None
        return self._placed(name)

    def _place(self, name: str) -> str | None:
        # No file can be called so; `normpath` of some Pythons cuts the name at this place.
        if "\0" in name:
            return None
        # Links are not resolved: that would cost a system call for each part of each path.
        full = os.path.normpath(name)
        if full == self._root:
            return "."
        if not full.startswith(self._prefix):
            # An installed package of another version is known from the environment's fingerprint.
            return None if full.startswith(self._outside) or INSTALLED in full else full
        skipped = any(part in f"{full}/" for part in _SKIPPED)
        return None if skipped else full[len(self._prefix) :].replace(os.sep, "/")


def _uninteresting() -> tuple[str, ...]:
    """Return folders in which no file is a source: interpreter, packages, system, caches."""
    import sysconfig

    # As given and with links resolved: code may come to a file by either path.
    homes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    homes |= {path for key, path in sysconfig.get_paths().items() if key != "data"}
    homes |= {os.path.realpath(home) for home in homes}
    system = {"/proc", "/dev", "/sys", "/etc", "/usr", "/lib", "/lib64", "/bin", "/var", "/run"}
    cache = str(Path.home() / ".cache")
    return tuple(sorted(f"{home}{os.sep}" for home in homes | system | {cache} if home != os.sep))
