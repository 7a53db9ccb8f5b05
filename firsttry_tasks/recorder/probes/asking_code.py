"""Decides from the stack whether it is the project that looks at something, and notes it if so.

pytest, its plugins and the import system look at files and variables all the time, and none of
that is a dependency of a test. Python doesn't tell a listener which code caused an event, so the
stack is searched.
"""

from collections.abc import Iterator
from itertools import islice

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.recorder.probes.stack import frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution

#: Parts of the paths of what runs the tests: what it looks at for itself, no test depends on.
_RUNNER = ("/_pytest/", "/xdist/", "/pluggy/", "/firsttry_tasks/recorder/")
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
        if not self._attribution.knows(kind, name) and self._is_project():
            # Asked of the attribution anew each time: a forked child puts another `add` there.
            self._attribution.add(kind, name)

    def importing(self) -> bool:
        """Tell whether it is the import system that looks, which has rules of its own."""
        for name in _callers(_NEAR):
            if name.startswith(_IMPORTERS):
                return True
            if self._attribution.place(name) is not None:
                return False  # the body of a module, which an import runs, looks for itself
        return False

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


def quoting() -> bool:
    """Tell whether source is read only to be quoted in a warning."""
    return any(standard(name) in _WARNINGS for name in _callers(_NEAR))


def _callers(most: int) -> Iterator[str]:
    """Yield the files of at most ``most`` frames that led here, nearest first."""
    return (frame.f_code.co_filename for frame in islice(frames(), most))
