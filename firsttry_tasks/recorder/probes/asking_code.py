"""Decides from the stack who looks at something, and notes it unless it is no test's concern.

The import system looks at files all the time, pytest at files and variables, and none of that is
a dependency of a test. Python doesn't tell a listener which code caused an event, so the stack is
searched.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.recorder.probes.stack import frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution

#: Parts of the paths of what runs the tests: what it looks at for itself, no test depends on.
_RUNNER = ("/_pytest/", "/xdist/", "/pluggy/", "/execnet/", "/firsttry_tasks/recorder/")
#: What of it reads its configuration, with a library's help.
_CONFIGURES = "/_pytest/config/"
#: In the runner's package, but a library that projects use: the old ``py.path``.
_LIBRARY = "/_pytest/_py/"
#: The import system is frozen into the interpreter, so its code has these names for a file.
_IMPORTERS = ("<frozen importlib", "<frozen zipimport")
#: The module ``warnings``, by the name of its implementation from Python 3.14 on, too.
_WARNINGS = frozenset({"warnings.py", "_py_warnings.py"})
#: How many frames are searched. The import system and ``warnings`` stand within a few frames of
#: the event, and the short search is made most often. The project may stand far above it, with a
#: library in between (a template engine, a parser). No measurement is on record: the numbers
#: trade the time of a search for askers that it does not find (`_is_project` says what then).
_NEAR, _FAR = 8, 80


class AskingCode:
    """Notes observations in the innermost scope if the project's code is what asks."""

    def __init__(self, attribution: Attribution) -> None:
        """Write to this attribution."""
        self._attribution = attribution

    def note(self, kind: ObservationKind, name: str) -> None:
        """Note what is looked at, unless the runner of the tests looks for itself."""
        # Known first: a test looks at the same file many times, and the stack is slow to search.
        # The attribution's methods are asked for anew each time: a forked child has others there.
        if self._attribution.knows(kind, name):
            return
        # Source is read to be shown, and variables and places are asked for, by whatever runs.
        by_project = kind in {"env", "probed"} or name.endswith(".py")
        if self._is_project() if by_project else not self._is_runner():
            self._attribution.add(kind, name)
        else:
            self._attribution.excuse(kind, name)

    def excuse(self, kind: ObservationKind, name: str) -> None:
        """Hear that this is looked at, and is no observation."""
        self._attribution.excuse(kind, name)

    def importing(self) -> bool:
        """Tell whether it is the import system that looks, which has rules of its own."""
        inside = False
        for frame in islice(frames(), _NEAR):
            name = frame.f_code.co_filename
            if name.startswith(_IMPORTERS):
                # A loader that is asked for the text of a module imports nothing.
                if frame.f_code.co_name == "get_source":
                    return False
                inside = True
            # The metadata of packages is looked for in each folder that modules come from.
            elif inside or standard(name).startswith("importlib/"):
                return True
            elif self._attribution.place(name) is not None:
                return False  # the body of a module, which an import runs, looks for itself
        return inside

    def _is_project(self) -> bool:
        """Tell whether the project's code asks, directly or through a library."""
        for name in _callers(_FAR):
            # A doctest's code has no file of the repository, but the project wrote it.
            if name.startswith("<doctest") or self._attribution.place(name) is not None:
                return True
            if _LIBRARY not in name and any(part in name for part in _RUNNER):
                return False
        # Neither was found, as in a thread that a library started. While pytest starts or
        # collects, that is a plugin; otherwise a test is running and may depend on it.
        return self._attribution.top.kind not in {"start", "collect"}

    def _is_runner(self) -> bool:
        """Tell whether it is what runs the tests that looks at a file or folder, for itself.

        The nearest code outside of the standard library is what looks: a plugin of pytest that
        reads a file does that for the project. While a test runs, pytest itself does so, too.
        """
        if self._attribution.top.kind not in {"start", "collect"}:
            return False
        callers = _callers(_FAR)
        nearest = next(filter(_may_look, callers), "")
        if not nearest or any(part in nearest for part in _RUNNER):
            return True
        # A library by which pytest reads its configuration looks for pytest; no plugin does, which
        # it imports, or calls by a hook.
        own = nearest.rpartition("/")[0]
        others = (it for it in callers if not it.startswith(own))
        near = next((it for it in others if it.startswith("<frozen") or _may_look(it)), "")
        return self._attribution.place(nearest) is None and _CONFIGURES in near


@lru_cache(maxsize=1 << 12)
def _may_look(name: str) -> bool:
    """Tell whether code of this file looks for itself, and is not asked to by its caller."""
    return not (name.startswith("<frozen") or standard(name) or _LIBRARY in name)


def quoting() -> bool:
    """Tell whether source is read only to be quoted in a warning."""
    return any(standard(name) in _WARNINGS for name in _callers(_NEAR))


def _callers(most: int) -> Iterator[str]:
    """Yield the files of at most ``most`` frames that led here, nearest first."""
    return (frame.f_code.co_filename for frame in islice(frames(), most))
