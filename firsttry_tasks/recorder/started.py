"""Which functions start to run, through `sys.monitoring` (Python 3.12 and later).

Events are local to the repository's own code, so everything else runs at full speed. Nothing is
turned off after the first hit, because turning it on again for each test costs more than short
tests take; only what runs hot is turned off, until the frame changes.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

from firsttry_tasks.recorder.tape import Tape, identity

#: Typed loosely, because it is not there before Python 3.12.
MONITORING: Any = getattr(sys, "monitoring", None)

#: Tool ids that nothing else has by convention; both taken, nothing can be seen.
TOOLS = (4, 3)
NONE = -1
NAME = "firsttry"
MANY = 2048  # starts that are gathered before they are looked through
HOT = 48


class Started:
    """The collector; `drain` hands what ran since the last time to the innermost frame."""

    def __init__(self, tape: Tape) -> None:
        """Gather for this tape."""
        self.tape = tape
        self.tool = NONE
        self.hits: list[CodeType] = []
        self.cooled: list[CodeType] = []
        self.armed: set[int] = set()
        self._kept: list[CodeType] = []
        monitoring = MONITORING
        self.events = monitoring.events.PY_START | monitoring.events.PY_RESUME
        self._callback = self._gatherer()

    def begin(self) -> None:
        """Claim a tool id; without one every test depends on everything."""
        free = (tool for tool in TOOLS if MONITORING.get_tool(tool) is None)
        self.tool = next(free, NONE)
        if self.tool == NONE:
            self.tape.add("blind", "other tools have all places to watch from")
            return
        MONITORING.use_tool_id(self.tool, NAME)
        self._listen(self._callback)
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
        if self.tool == NONE or self.tape.place(code.co_filename) is None:
            return
        for inner in _nested(code):
            if identity(inner) not in self.armed:
                self.armed.add(identity(inner))
                self._kept.append(inner)
                MONITORING.set_local_events(self.tool, inner, self.events)

    def drain(self) -> None:
        """Hand over what ran, and watch again what ran hot."""
        hits = self.hits
        if hits:
            self.tape.started(hits)
            hits.clear()
        if self.cooled:
            for code in self.cooled:
                MONITORING.set_local_events(self.tool, code, self.events)
            self.cooled.clear()

    def importing(self, module: CodeType | None) -> None:
        """While a module of the repository is imported, starts are noted with its line."""
        self._listen(self._callback if module is None else self._liner(module))

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

    def loads(self, name: str) -> None:
        """Nothing depends on what else is imported."""

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

    def _liner(self, module: CodeType) -> Callable[[CodeType, int], object]:
        tape, lines = self.tape, self.tape.top.lines

        def start(code: CodeType, _offset: int) -> None:
            number = tape.unit(code)
            tape.top.units.add(number)
            frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
            while frame is not None and frame.f_code is not module:
                frame = frame.f_back
            lines.add((frame.f_lineno if frame is not None else 0, number))

        return start

    def _cool(self) -> None:
        """Note what ran, and stop watching what runs again and again."""
        counts = Counter(map(identity, self.hits))
        once = {identity(code): code for code in self.hits}
        self.tape.started(once.values())
        self.hits.clear()
        for key, count in counts.items():
            if count > HOT:
                MONITORING.set_local_events(self.tool, once[key], 0)
                self.cooled.append(once[key])


def _nested(code: CodeType) -> Iterator[CodeType]:
    """All code inside, without a module's own: that runs in the frame of its import."""
    if code.co_name != "<module>":
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
