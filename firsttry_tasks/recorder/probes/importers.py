"""Who asks for a module: the project, the runner of the tests, or code from elsewhere."""

from collections.abc import Iterator
from types import CodeType

from firsttry_tasks.recorder.probes.stack import HERE, frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

_RUNNER = ("/_pytest/", "/xdist/", "/pluggy/", "/execnet/")


class ImporterProbe:
    """Notes which function had a module imported, and which modules a library took hold of."""

    def __init__(self, attribution: Attribution) -> None:
        """Write to this attribution."""
        self._attribution = attribution

    def imported(self, scope: OpenScope) -> None:
        """Note who is behind an import that is about to run in ``frame``."""
        codes = tuple(self._codes())
        self._lend(codes, scope.name)
        function = next((code for code in codes if self._attribution.place(code.co_filename)), None)
        if function is not None and function.co_name != "<module>":
            self._attribution.loads.add((self._attribution.unit(function), scope.number))

    def fetched(self, module: object) -> None:
        """Note who asked by name for a module that may be there already."""
        path = getattr(module, "__file__", None)
        place = self._attribution.place(path) if isinstance(path, str) else None
        if place is not None:
            self._lend(tuple(self._codes()), place)

    def _lend(self, codes: tuple[CodeType, ...], place: str) -> None:
        """Count a module for every test if a library asked: who it serves later is unknown."""
        if codes and self._attribution.place(codes[0].co_filename) is None:
            name = codes[0].co_filename
            if not any(part in name for part in _RUNNER):
                self._attribution.add_to(self._attribution.stack[0], "imported-by-library", place)

    def _codes(self) -> Iterator[CodeType]:
        """Yield what led here, nearest first, without the standard library, which only helps."""
        for frame in frames():
            name = frame.f_code.co_filename
            if not (name.startswith(("<", HERE)) or standard(name)):
                yield frame.f_code
