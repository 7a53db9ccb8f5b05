"""Sees which functions start to run, through `sys.settrace`, which works everywhere and is slow.

It is used where nothing better is at hand: before Python 3.12 where the interpreter's counters
can't be read.
"""

import _thread
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from firsttry_tasks.recorder.replaced.import_frames import as_import
from firsttry_tasks.recorder.tracing.attribution import (
    Attribution,
    OpenScope,
    identity,
    is_class_body,
    line_of,
)

#: What Python calls with each line of a frame, and which returns what hears of the next.
Trace = Callable[[FrameType, str, object], Any]

#: Starts that are gathered before they are looked through, so that a long test doesn't fill the
#: memory: half a megabyte of references. A judgement.
MANY = 65536


class SettraceCollector:
    """Gathers code that starts; `drain` puts it to the innermost scope."""

    def __init__(self, attribution: Attribution) -> None:
        """Gather for this attribution."""
        self.attribution = attribution
        self.hits: list[CodeType] = []
        #: The module whose import is open, and the lines and units of its scope.
        self._module: CodeType | None = None
        #: The modules that are being imported, by the identity of their code: thread and frame.
        self._frames: dict[int, tuple[int, FrameType]] = {}
        self._lines: set[tuple[int, int]] = set()
        #: Those of them that make classes, by the identity of their code.
        self._making: set[int] = set()
        self._reached: Callable[[int], bool] = bool
        # A function with its own names, because attributes of a method take longer to find.
        append, hits, drain = self.hits.append, self.hits, self.drain

        def start(frame: FrameType, _event: str, _argument: object) -> None:
            # Returns no function to trace the lines with, so only starts are told.
            append(frame.f_code)
            if len(hits) > MANY:
                drain()

        self._start = start
        #: True where another tool traces, and this one listens as a profiler.
        self._profiling = False
        self._bare = _thread.start_new_thread

    def begin(self) -> None:
        """Begin to trace; a tracer that is there (coverage, a debugger) keeps its place."""
        self._profiling = sys.gettrace() is not None
        self._install(self._mine())
        # `threading` has a way in of its own; threads that begin without it have none.
        _thread.start_new_thread = self._start_thread

    def end(self) -> None:
        """Stop to trace."""
        _thread.start_new_thread = self._bare
        self._install(None)

    def _start_thread(self, function: Callable[..., object], *rest: Any) -> int:
        """Start a thread that is traced from its first function on."""

        def traced(*arguments: object, **named: object) -> None:
            (sys.setprofile if self._profiling else sys.settrace)(self._mine())
            function(*arguments, **named)

        return self._bare(traced, *rest)

    def sees(self) -> bool:
        """Tell whether no other code took the trace function's place; if one did, take it back."""
        mine = self._mine()
        # Compared by equality, because a bound method is a new object each time.
        if (sys.getprofile() if self._profiling else sys.gettrace()) == mine:
            return True
        self._install(mine)
        return False

    def arm(self, code: CodeType) -> None:
        """Do nothing: all code is seen anyway."""

    def drain(self) -> None:
        """Put what ran to the innermost scope."""
        if self.hits:
            # Taken out one by one: other threads add meanwhile, and what is called here may be
            # traced itself.
            hits = [self.hits.pop() for _ in range(len(self.hits))]
            self.attribution.started(hits)

    def importing(
        self, module: CodeType | None, scope: OpenScope, reached: Callable[[int], bool]
    ) -> None:
        """Note starts with the line of this module that led to them, or without one for None."""
        self._module, self._lines, self._reached = module, scope.lines, reached
        if module is None:
            self._frames.clear()
            self._making.clear()
        self._install(self._line if module is not None else self._mine())

    @as_import
    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's."""
        load()

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on call ``note`` with each code object once, when it starts.

        A forked child needs that: what it gathers would never get home.
        """
        seen: set[int] = set()

        def start(frame: FrameType, event: str, _argument: object) -> None:
            # As a profiler it hears of returns as well.
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

    def _line(self, frame: FrameType, event: str, _argument: object) -> Trace | None:
        if event != "call":
            return None
        if frame.f_code is self._module:
            self._frames[identity(frame.f_code)] = _thread.get_ident(), frame
            # As a profiler it is told no lines.
            return self._tell
        if is_class_body(frame.f_code):
            self._making.add(identity(self._module))
        number = self.attribution.unit(frame.f_code)
        # A module's own start is known by the scope of its import.
        if number >= 0 and frame.f_code.co_name != "<module>":
            self.attribution.top.units.add(number)
            self._lines.add((self._lineno(frame), number))
        return None

    def _tell(self, frame: FrameType, event: str, _argument: object) -> Trace:
        """Hear of each line of a module that is imported."""
        if event == "line" and frame.f_code is self._module:
            frame.f_trace_lines = self._reached(frame.f_lineno)
        return self._tell

    def _lineno(self, frame: FrameType | None) -> int:
        """Return the line of the module being imported that led to a frame, 0 for none."""
        # Known, as a rule: imports start many functions from deep below.
        thread, module = self._frames.get(identity(self._module), (0, None))
        if module is not None and identity(self._module) not in self._making:
            return module.f_lineno if thread == _thread.get_ident() else 0
        return line_of(frame, self._module) if self._module is not None else 0
