"""Where a path lies that code asks for: in the repository, outside, or where it can't matter."""

import functools
import os
import sys
from pathlib import Path

from firsttry_tasks.recorder.probes.stack import INSTALLED
from firsttry_tasks.recorder.tracing.attribution import Attribution

_SKIPPED = ("/.git/", "/.firsttry/", "/__pycache__/", "/.pytest_cache/", "/.hypothesis/")
_REMEMBERED = 1 << 14


class PathResolver:
    """Resolves paths for one repository."""

    def __init__(self, attribution: Attribution) -> None:
        """Take the repository of this attribution."""
        self._root, self._prefix = attribution.root, attribution.prefix
        self._outside = _uninteresting()
        self._placed = functools.lru_cache(maxsize=_REMEMBERED)(self._place)

    def where(self, path: object) -> str | None:
        """Return a path below the root, an absolute one outside of it, None if it can't matter."""
        if isinstance(path, int) or path is None:
            return None
        try:
            name = os.fsdecode(path)  # type: ignore[arg-type]
            if not os.path.isabs(name):  # noqa: PTH117
                name = os.path.join(os.getcwd(), name)  # noqa: PTH109,PTH118
        except (OSError, TypeError, ValueError):
            return None
        return self._placed(name)

    def _place(self, name: str) -> str | None:
        if "\0" in name:  # no file is called so
            return None
        full = os.path.normpath(name)
        if full == self._root:
            return "."
        if not full.startswith(self._prefix):
            return None if full.startswith(self._outside) or INSTALLED in full else full
        skipped = any(part in f"{full}/" for part in _SKIPPED)
        return None if skipped else full[len(self._prefix) :].replace(os.sep, "/")


def _uninteresting() -> tuple[str, ...]:
    """Where files are nobody's source: the interpreter, installed packages, temporary folders."""
    import sysconfig

    homes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    homes |= {path for key, path in sysconfig.get_paths().items() if key != "data"}
    homes |= {os.path.realpath(home) for home in homes}
    system = {"/proc", "/dev", "/sys", "/etc", "/usr", "/lib", "/lib64", "/bin", "/var", "/run"}
    cache = str(Path.home() / ".cache")
    return tuple(sorted(f"{home}{os.sep}" for home in homes | system | {cache} if home != os.sep))
