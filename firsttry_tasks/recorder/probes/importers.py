"""Notes which function causes an import, and which modules a library imports.

A module that a library imports (as Django does with an app's models) can be used by it later, on
behalf of any test, without another trace.
"""

from collections.abc import Iterator
from types import CodeType

from firsttry_tasks.recorder.probes.stack import HERE, frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

#: Parts of the paths of what runs the tests: it imports every test file, but doesn't use them
#: for another test. (execnet is what xdist's workers are started by.)
_RUNNER = ("/_pytest/", "/xdist/", "/pluggy/", "/execnet/")
#: Where the loaders lie that take a module as it is written, but for its assertions.
_PLAIN = ("_frozen_importlib", "importlib.", "_pytest.")


class ImporterProbe:
    """Notes the function behind each import, and the modules that libraries import."""

    def __init__(self, attribution: Attribution) -> None:
        """Write to this attribution."""
        self._attribution = attribution

    def imported(self, scope: OpenScope, loader: object) -> None:
        """Note which code is behind an import that is about to run in ``scope``."""
        codes = tuple(self._codes())
        self._note_library(codes, scope.name)
        # A library's loader may write other code, by whatever it reads in the text.
        if not is_plain(loader):
            self._note(scope.name)
        # The nearest function of the project: a library may stand in between.
        function = next((code for code in codes if self._attribution.place(code.co_filename)), None)
        # What a module's body imports is in its text; what a function imports when it is called
        # is known only by having seen it.
        if function is not None and function.co_name != "<module>":
            self._attribution.loads.add((self._attribution.unit(function), scope.number))

    def fetched(self, module: object) -> None:
        """Note which code asked by name for a module, which may have been imported before."""
        path = getattr(module, "__file__", None)
        place = self._attribution.place(path) if isinstance(path, str) else None
        if place is not None:
            self._note_library(tuple(self._codes()), place)

    def _note_library(self, codes: tuple[CodeType, ...], place: str) -> None:
        """Let every test depend on a module that a library imports: what for is not known."""
        if codes and self._attribution.place(codes[0].co_filename) is None:
            name = codes[0].co_filename
            if not any(part in name for part in _RUNNER):
                self._note(place)

    def _note(self, place: str) -> None:
        """Note that a library may have used a module, in the scope of the start: for every test."""
        self._attribution.add_to(self._attribution.stack[0], "imported-by-library", place)

    def _codes(self) -> Iterator[CodeType]:
        """Yield the code that led here, nearest first, without standard library and recorder."""
        # `importlib` and `runpy` import on behalf of a caller, and that one counts.
        for frame in frames():
            name = frame.f_code.co_filename
            if not (name.startswith(("<", HERE)) or standard(name)):
                yield frame.f_code


def is_plain(loader: object) -> bool:
    """Tell whether a loader takes a module as it is written."""
    return type(loader).__module__.startswith(_PLAIN)
