"""Tells where a path lies: in the repository, outside of it, or where it can't matter."""

import functools
import os
import sys
from pathlib import Path

from firsttry_tasks.model.recording import GIT
from firsttry_tasks.recorder.probes.stack import INSTALLED
from firsttry_tasks.recorder.tracing.attribution import Attribution

#: Folders that tools keep inside a repository for themselves; no test's outcome rests on them.
_SKIPPED = ("/.git/", "/.firsttry/", "/__pycache__/", "/.pytest_cache/", "/.hypothesis/")
#: FirstTry itself may lie in a checkout; where it is not the project, it is no input of a test.
_OWN = str(Path(__file__).parents[2]) + os.sep
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
        self._installed = _installed()
        self._outside = (*self._installed, *_system(), _OWN)
        #: What no observation is made of: places, and a part of the path of installed packages.
        self.left_out = (*self._outside, INSTALLED)
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

    def is_git(self, path: object) -> bool:
        """Tell whether a path, as in `where`, leads into git's own folder."""
        try:
            full = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]  # noqa: PTH100
        except (OSError, TypeError, ValueError):
            return False
        return full.startswith(f"{self._prefix}{GIT}{os.sep}")

    def neighbour(self, path: str) -> str | None:
        """Return where a module's file really lies, if neither in the repository nor installed.

        Wherever that is: a checkout may lie below ``/usr/src`` or ``/var``, with another beside it.
        """
        if path.startswith(self._installed) or INSTALLED in path:
            return None
        real = os.path.realpath(path)
        known = real.startswith((self._prefix, *self._installed)) or INSTALLED in real
        return None if known else real

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
        inside = full[len(self._prefix) :].replace(os.sep, "/")
        # By its path inside: what is staged is judged in a checkout that lies below .firsttry.
        return None if any(part in f"/{inside}/" for part in _SKIPPED) else inside


def _installed() -> tuple[str, ...]:
    """Return the folders of the interpreter and its packages: their versions speak for them."""
    import sysconfig

    # As given and with links resolved: code may come to a file by either path.
    homes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    homes |= {path for key, path in sysconfig.get_paths().items() if key != "data"}
    homes |= {os.path.realpath(home) for home in homes}
    return tuple(sorted(f"{home}{os.sep}" for home in homes if home != os.sep))


def _system() -> tuple[str, ...]:
    """Return folders in which no data file is a source: the system's own, and caches."""
    system = {"/proc", "/dev", "/sys", "/etc", "/usr", "/lib", "/lib64", "/bin", "/var", "/run"}
    return tuple(sorted(f"{home}{os.sep}" for home in {*system, str(Path.home() / ".cache")}))
