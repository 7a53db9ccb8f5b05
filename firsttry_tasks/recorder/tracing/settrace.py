"""Which functions start to run, through `sys.settrace`: what works everywhere, and is slow."""

import _thread
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope, identity

MANY = 65536


class SettraceCollector:
    """The collector; `drain` hands what ran since the last time to the innermost scope."""

    def __init__(self, attribution: Attribution) -> None:
        """Gather for this attribution."""
        self.attribution = attribution
        self.hits: list[CodeType] = []
        self._module: CodeType | None = None
        self._lines: set[tuple[int, int]] = set()
        append, hits, drain = self.hits.append, self.hits, self.drain

        def start(frame: FrameType, _event: str, _argument: object) -> None:
            append(frame.f_code)
            if len(hits) > MANY:
                drain()

        self._start = start
        self._profiling = False
        self._bare = _thread.start_new_thread

    def begin(self) -> None:
        """Begin to trace; a tracer that is there (coverage, a debugger) keeps its place."""
        self._profiling = sys.gettrace() is not None
        self._install(self._mine())
        _thread.start_new_thread = self._start_thread  # threading has its own way in

    def end(self) -> None:
        """Stop to trace."""
        _thread.start_new_thread = self._bare
        self._install(None)

    def _start_thread(self, function: Callable[..., object], *rest: Any) -> int:
        def traced(*arguments: object, **named: object) -> None:
            (sys.setprofile if self._profiling else sys.settrace)(self._mine())
            function(*arguments, **named)

        return self._bare(traced, *rest)

    def sees(self) -> bool:
        """Whether nobody took the trace function away; if so, it is put back."""
        mine = self._mine()
        if (sys.getprofile() if self._profiling else sys.gettrace()) == mine:
            return True
        self._install(mine)
        return False

    def arm(self, code: CodeType) -> None:
        """Everything is seen anyway."""

    def drain(self) -> None:
        """Hand over what ran."""
        if self.hits:
            hits = self.hits.copy()
            self.hits.clear()
            self.attribution.started(hits)

    def importing(self, module: CodeType | None, scope: OpenScope) -> None:
        """While a module of the repository is imported, starts are noted with its line."""
        self._module, self._lines = module, scope.lines
        self._install(self._line if module is not None else self._mine())

    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's."""
        load()

    def caches(self, code: CodeType) -> None:
        """Nothing tells when a function returns: who asks for kept results is known by name."""

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on tell of each piece of code once, at once (for a forked child)."""
        seen: set[int] = set()

        def start(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and identity(frame.f_code) not in seen:
                seen.add(identity(frame.f_code))
                note(frame.f_code)

        self._install(start)

    def _mine(self) -> Callable[[FrameType, str, object], None]:
        return self._profile if self._profiling else self._start

    def _install(self, function: object) -> None:
        (threading.setprofile if self._profiling else threading.settrace)(function)  # type: ignore[arg-type]
        (sys.setprofile if self._profiling else sys.settrace)(function)  # type: ignore[arg-type]

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            self._start(frame, event, argument)

    def _line(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call":
            return
        number = self.attribution.unit(frame.f_code)
        if number < 0 or frame.f_code.co_name == "<module>":
            return
        self.attribution.top.units.add(number)
        self._lines.add((self._lineno(frame), number))

    def _lineno(self, frame: FrameType | None) -> int:
        """Return which line of the module that is being imported led here, 0 for none."""
        while frame is not None and frame.f_code is not self._module:
            frame = frame.f_back
        return frame.f_lineno if frame is not None else 0
