"""Which functions start to run, through `sys.monitoring` (Python 3.12 and later).

Events are local to the repository's own code, so everything else runs at full speed. Nothing is
turned off after the first hit, because turning it on again for each test costs more than short
tests take; only what runs hot is turned off, until the frame changes.
"""

import gc
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

from firsttry_tasks.recorder.tracing.attribution import (
    Attribution,
    OpenOrClose,
    OpenScope,
    identity,
    nested,
)

#: Typed loosely, because it is not there before Python 3.12.
MONITORING: Any = getattr(sys, "monitoring", None)

#: Tool ids that nothing else has by convention; both taken, nothing can be seen.
TOOLS = (4, 3)
NONE = -1
NAME = "firsttry"
MANY = 128  # starts that are gathered before they are looked through
HOT = 8  # of these, those of one function: then not to be told of more is worth its price


class MonitoringCollector:
    """The collector; `drain` hands what ran since the last time to the innermost scope."""

    def __init__(self, attribution: Attribution, enter: OpenOrClose, leave: OpenOrClose) -> None:
        """Gather for this attribution; ``enter`` and ``leave`` open and close a frame."""
        self.attribution = attribution
        self._enter = enter
        self._leave = leave
        self.tool = NONE
        self.hits: list[CodeType] = []
        self.cooled: list[CodeType] = []
        self.armed: set[int] = set()
        self._kept: list[CodeType] = []
        self._framed: set[int] = set()  # functions whose results are kept
        self._thread = threading.get_ident()
        monitoring = MONITORING
        self.events = monitoring.events.PY_START | monitoring.events.PY_RESUME
        self._callback = self._base = self._gatherer()
        self._open: dict[int, CodeType] = {}  # frames of such functions that are open, or were

    def begin(self) -> None:
        """Claim a tool id; without one every test depends on everything."""
        free = (tool for tool in TOOLS if MONITORING.get_tool(tool) is None)
        self.tool = next(free, NONE)
        if self.tool == NONE:
            self.attribution.add("untraceable", "other tools have all places to watch from")
            return
        MONITORING.use_tool_id(self.tool, NAME)
        self._listen(self._callback)
        MONITORING.register_callback(self.tool, MONITORING.events.LINE, self._inside)
        MONITORING.register_callback(self.tool, MONITORING.events.PY_RETURN, self._outside)
        for function in gc.get_objects():
            if type(function) is FunctionType:
                self.arm(function.__code__)

    def end(self) -> None:
        """Give the tool back."""
        self._listen(None)
        if self.tool != NONE and self.sees():
            MONITORING.free_tool_id(self.tool)

    def sees(self) -> bool:
        """Whether nobody took the tool away."""
        return self.tool == NONE or bool(MONITORING.get_tool(self.tool) == NAME)

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that are defined in it."""
        if self.tool == NONE or self.attribution.place(code.co_filename) is None:
            return
        for inner in nested(code):
            if identity(inner) not in self.armed:
                self.armed.add(identity(inner))
                self._kept.append(inner)
                MONITORING.set_local_events(self.tool, inner, self.events)

    def caches(self, code: CodeType) -> None:
        """Give a function whose results are kept a frame of its own while it runs."""
        if self.tool != NONE and self.attribution.place(code.co_filename) is not None:
            self.arm(code)
            self._framed.add(identity(code))
            events = MONITORING.events
            both = self.events | events.LINE | events.PY_RETURN
            MONITORING.set_local_events(self.tool, code, both)

    def _inside(self, code: CodeType, _line: int) -> None:
        """Hear of each line of such a function: at the first one its frame is opened."""
        scope = self.attribution.cached(code)
        if threading.get_ident() != self._thread:
            self.attribution.add_to(scope, "unordered-cache", "")
        elif self.attribution.top is not scope:
            self.attribution.top.used.add(scope.number)
            self._enter(scope)
            self._open[scope.number] = code
            self._listen(self._checking)

    def _outside(self, code: CodeType, _offset: int, _value: object) -> None:
        """Hear that such a function returns; of one that raises nothing is heard."""
        if (
            self.attribution.top is self.attribution.cached(code)
            and threading.get_ident() == self._thread
        ):
            self._close()

    def _checking(self, code: CodeType, offset: int) -> None:
        """Hear of a start while such a function runs, or has raised."""
        while self.attribution.top.kind == "cache" and threading.get_ident() == self._thread:
            if _on_stack(self._open[self.attribution.top.number]):
                break
            self._close()
        self._base(code, offset)

    def _close(self) -> None:
        self._leave(self.attribution.top)
        if self.attribution.top.kind != "cache":
            self._listen(self._base)

    def drain(self) -> None:
        """Hand over what ran, and watch again what ran hot."""
        hits = self.hits
        if hits:
            self.attribution.started(_once(hits).values())
            hits.clear()
        if self.cooled:
            for code in self.cooled:
                MONITORING.set_local_events(self.tool, code, self.events)
            self.cooled.clear()

    def importing(self, module: CodeType | None, scope: OpenScope) -> None:
        """While a module of the repository is imported, starts are noted with its line."""
        self._base = self._callback if module is None else self._liner(module, scope)
        self._listen(self._checking if self.attribution.top.kind == "cache" else self._base)

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on tell of each piece of code once, at once (for a forked child)."""
        seen: set[int] = set()

        def start(code: CodeType, _offset: int) -> None:
            if identity(code) not in seen:
                seen.add(identity(code))
                note(code)

        self._listen(start)

    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's: nothing of it is watched."""
        load()

    def _listen(self, callback: Callable[[CodeType, int], object] | None) -> None:
        if self.tool == NONE:
            return
        events = MONITORING.events
        MONITORING.register_callback(self.tool, events.PY_START, callback)
        MONITORING.register_callback(self.tool, events.PY_RESUME, callback)

    def _gatherer(self) -> Callable[[CodeType, int], object]:
        hits, append, cool = self.hits, self.hits.append, self._cool

        def start(code: CodeType, _offset: int) -> None:
            append(code)
            if len(hits) > MANY:
                cool()

        return start

    def _liner(self, module: CodeType, importing: OpenScope) -> Callable[[CodeType, int], object]:
        attribution, lines = self.attribution, importing.lines

        def start(code: CodeType, _offset: int) -> None:
            number = attribution.unit(code)
            attribution.top.units.add(number)
            frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
            while frame is not None and frame.f_code is not module:
                frame = frame.f_back
            lines.add((frame.f_lineno if frame is not None else 0, number))

        return start

    def _cool(self) -> None:
        """Note what ran, and stop watching what runs again and again."""
        counts = Counter(map(identity, self.hits))
        once = _once(self.hits)
        self.attribution.started(once.values())
        self.hits.clear()
        for key, count in counts.items():
            if count > HOT and key not in self._framed:
                MONITORING.set_local_events(self.tool, once[key], 0)
                self.cooled.append(once[key])


def _once(codes: list[CodeType]) -> dict[int, CodeType]:
    """Return each of these pieces of code once."""
    return dict(zip(map(identity, codes), codes, strict=True))


def _on_stack(code: CodeType) -> bool:
    """Tell whether a function still runs in this thread."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None
