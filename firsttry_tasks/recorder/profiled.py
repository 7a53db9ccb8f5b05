"""Which functions start to run on Python 3.11: in the thread of the tests, the C profiler says so.

`cProfile` sees every call as `sys.settrace` does, without calling back into Python for it. Other
threads are traced, and so is everything once greenlets are there, whose calls and returns don't
pair as the profiler expects.
"""

import cProfile
import gc
import sys
import threading
from collections.abc import Callable
from types import CodeType

from firsttry_tasks.recorder.tape import Open, Tape
from firsttry_tasks.recorder.traced import Traced

_SWITCHING = "greenlet"


class Profiled(Traced):
    """The collector; `drain` hands what ran since the last time to the innermost frame."""

    def __init__(self, tape: Tape) -> None:
        """Gather for this tape."""
        super().__init__(tape)
        self._profiler = cProfile.Profile(subcalls=False, builtins=False)
        self._thread = threading.get_ident()
        self._able = _SWITCHING not in sys.modules
        self._on = False

    def begin(self) -> None:
        """Begin to watch."""
        super().begin()
        self._resume()

    def end(self) -> None:
        """Stop."""
        self._pause()
        super().end()

    def sees(self) -> bool:
        """Whether nobody took the profiler away; if so, it is put back."""
        if not self._on:
            return super().sees()
        if self._holds():
            return True
        self._profiler.enable()
        return False

    def drain(self) -> None:
        """Hand over what ran."""
        super().drain()
        if self._on and threading.get_ident() == self._thread and self._read():
            self._profiler.enable()

    def importing(self, module: CodeType | None, frame: Open) -> None:
        """While a module of the repository is imported, starts are noted with its line."""
        self._pause()
        super().importing(module, frame)
        if module is None:
            self._resume()

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on tell of each piece of code once, at once (for a forked child)."""
        self._pause()
        super().divert(note)

    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's: few of its calls are worth a callback."""
        module, frame = self._module, self.tape.top
        if module is None or threading.get_ident() != self._thread:
            load()
            return
        before, frame.units = frame.units, set()
        self.importing(None, frame)
        try:
            load()
        finally:
            self.importing(module, frame)
            line = self._lineno(sys._getframe(1))  # noqa: SLF001
            ran = tuple(frame.units)  # of our own repository, this is traced as well
            frame.lines.update((line, number) for number in ran if number >= 0)
            frame.units |= before

    def caches(self, code: CodeType) -> None:
        """Nothing tells when a function returns: who asks for kept results is known by name."""

    def loads(self, name: str) -> None:
        """Hear that a module is imported."""
        if name == _SWITCHING and self._able:
            self._able = False
            if self._on:
                self._pause()
                self._install(self._mine())

    def _resume(self) -> None:
        free = sys.getprofile() in (None, self._mine())
        if self._able and free and threading.get_ident() == self._thread:
            self._uninstall()
            self._on = True
            self._profiler.enable()

    def _pause(self) -> None:
        if self._on and threading.get_ident() == self._thread:
            self._read()
            self._on = False

    def _holds(self) -> bool:
        active: object = sys.getprofile()
        return active is self._profiler

    def _read(self) -> bool:
        """Stop the profiler, so that it counts what still runs; another one is left alone."""
        if not self._holds():
            self.tape.add("blind", "another profiler took the recorder's place")
            return False
        collects = gc.isenabled()
        gc.disable()  # nothing of the project may run meanwhile
        self._profiler.disable()
        ran = [entry[0] for entry in self._profiler.getstats() if type(entry[0]) is CodeType]
        self._profiler.clear()
        if collects:
            gc.enable()
        self.tape.started(ran)
        return True
