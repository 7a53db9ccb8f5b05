"""Sees which functions start to run, through `sys.monitoring` (Python 3.12 and later).

Events are local to the repository's own code, so everything else runs at full speed. An event is
not turned off after the first hit, because turning all on again for each test
(``restart_events``) takes longer than short tests do. Only for a function that runs hot it is
turned off, until the scope changes.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from firsttry_tasks.recorder.replaced.import_frames import as_import
from firsttry_tasks.recorder.tracing.attribution import (
    Attribution,
    OpenScope,
    identity,
    line_of,
    nested,
)

#: Typed loosely, because it is not there before Python 3.12.
MONITORING: Any = getattr(sys, "monitoring", None)

#: Tool ids that no other kind of tool has by convention (0 to 2 and 5 are debuggers, coverage,
#: profilers and optimizers). If both are taken, nothing can be seen.
TOOLS = (4, 3)
NONE = -1
NAME = "firsttry"
#: How many starts are gathered before they are looked through, and how many of these are of one
#: function where it runs hot: turning an event off and on again costs more than a few callbacks.
#: They were 2048 and 48, and lowered to catch hot functions sooner. No measurement of other
#: values is on record.
MANY = 128
HOT = 8


class MonitoringCollector:
    """Gathers code that starts; `drain` puts it to the innermost scope."""

    def __init__(self, attribution: Attribution) -> None:
        """Gather for this attribution."""
        self.attribution = attribution
        self.tool = NONE
        #: Code that started since the last time, in order and as often as it did.
        self.hits: list[CodeType] = []
        #: Code that ran hot, whose events are off until the scope changes.
        self.cooled: list[CodeType] = []
        self.armed: set[int] = set()
        # Kept alive, because the identity of a dead code object can come back as another's.
        self._kept: list[CodeType] = []
        monitoring = MONITORING
        # A generator starts once and then resumes, perhaps in another test.
        self.events = monitoring.events.PY_START | monitoring.events.PY_RESUME
        #: What hears of a start in a test.
        self._callback = self._gatherer()

    def begin(self) -> None:
        """Claim a tool id (without one every test depends on everything), and begin to watch."""
        free = (tool for tool in TOOLS if MONITORING.get_tool(tool) is None)
        self.tool = next(free, NONE)
        if self.tool == NONE:
            self.attribution.add("untraceable", "other tools have all places to watch from")
            return
        MONITORING.use_tool_id(self.tool, NAME)
        self._listen(self._callback)
        # Modules may be imported already; the garbage collector knows all their functions.
        for function in gc.get_objects():
            if type(function) is FunctionType:
                self.arm(function.__code__)

    def end(self) -> None:
        """Give the tool back."""
        self._listen(None)
        # An id that another tool has taken over must stay that tool's.
        if self.tool != NONE and self.sees():
            MONITORING.free_tool_id(self.tool)

    def sees(self) -> bool:
        """Tell whether no other code has taken the tool id away."""
        return self.tool == NONE or bool(MONITORING.get_tool(self.tool) == NAME)

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that are defined in it, if it is the repository's."""
        if self.tool == NONE or self.attribution.place(code.co_filename) is None:
            return
        for inner in nested(code):
            if identity(inner) not in self.armed:
                self.armed.add(identity(inner))
                self._kept.append(inner)
                MONITORING.set_local_events(self.tool, inner, self.events)

    def drain(self) -> None:
        """Put what ran to the innermost scope, and watch again what ran hot."""
        if self.hits:
            self.attribution.started(_once(self._taken()).values())
        if self.cooled:
            for code in self.cooled:
                MONITORING.set_local_events(self.tool, code, self.events)
            self.cooled.clear()

    def importing(
        self, module: CodeType | None, scope: OpenScope, reached: Callable[[int], bool]
    ) -> None:
        """Note starts with the line of this module that led to them, or without one for None."""
        self._listen(self._callback if module is None else self._liner(module, scope))
        if module is not None and self.tool != NONE:

            def line(code: CodeType, number: int) -> None:
                if code is module and not reached(number):
                    MONITORING.set_local_events(self.tool, module, 0)

            MONITORING.register_callback(self.tool, MONITORING.events.LINE, line)
            MONITORING.set_local_events(self.tool, module, MONITORING.events.LINE)

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on call ``note`` with each code object once, when it starts.

        A forked child needs that: what it gathers would never get home.
        """
        seen: set[int] = set()

        def start(code: CodeType, _offset: int) -> None:
            if identity(code) not in seen:
                seen.add(identity(code))
                note(code)

        self._listen(start)

    @as_import
    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's; its code causes no events anyway."""
        load()

    def _listen(self, callback: Callable[[CodeType, int], object] | None) -> None:
        if self.tool == NONE:
            return
        events = MONITORING.events
        MONITORING.register_callback(self.tool, events.PY_START, callback)
        MONITORING.register_callback(self.tool, events.PY_RESUME, callback)

    def _gatherer(self) -> Callable[[CodeType, int], object]:
        """Return what hears of each start in a test, which only appends to a list."""
        # A function with its own names, because attributes of a method take longer to find.
        hits, append, cool = self.hits, self.hits.append, self._cool

        def start(code: CodeType, _offset: int) -> None:
            append(code)
            if len(hits) > MANY:
                cool()

        return start

    def _liner(self, module: CodeType, importing: OpenScope) -> Callable[[CodeType, int], object]:
        """Return what hears of each start in an import, and finds the line of the module."""
        attribution, lines = self.attribution, importing.lines

        def start(code: CodeType, _offset: int) -> None:
            number = attribution.unit(code)
            attribution.top.units.add(number)
            # 0 where the module is not on the stack, as in another thread.
            lines.add((line_of(sys._getframe(1), module), number))  # noqa: SLF001

        return start

    def _taken(self) -> list[CodeType]:
        """Take out what was gathered, one by one: other threads add to it meanwhile."""
        hits, taken = self.hits, []
        while hits:
            taken.append(hits.pop())
        return taken

    def _cool(self) -> None:
        """Note what ran, and stop watching what runs again and again."""
        hits = self._taken()
        counts = Counter(map(identity, hits))
        once = _once(hits)
        self.attribution.started(once.values())
        for key, count in counts.items():
            if count > HOT:
                MONITORING.set_local_events(self.tool, once[key], 0)
                self.cooled.append(once[key])


def _once(codes: list[CodeType]) -> dict[int, CodeType]:
    """Return each of these code objects once, by its identity."""
    return dict(zip(map(identity, codes), codes, strict=True))
