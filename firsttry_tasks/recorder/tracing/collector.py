"""Says what each collector can do, and chooses the one for this interpreter.

A collector sees which functions of the repository start to run.
"""

from collections.abc import Callable
from types import CodeType
from typing import Protocol

from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope
from firsttry_tasks.recorder.tracing.settrace import SettraceCollector
from firsttry_tasks.recorder.tracing.warmup_counters import WarmupCounterCollector, memory


class Collector(Protocol):
    """Learns which functions of the repository start, and puts them to the innermost scope."""

    def begin(self) -> None:
        """Begin to watch."""

    def end(self) -> None:
        """Stop."""

    def sees(self) -> bool:
        """Tell whether it still sees all: no other tool took its place since the last time."""

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that is defined in it, if it is the repository's."""

    def drain(self) -> None:
        """Put what ran since the last time to the innermost scope."""

    def importing(
        self, module: CodeType | None, scope: OpenScope, reached: Callable[[int], bool]
    ) -> None:
        """Note starts with the line of this module that led to them, or without one for None.

        ``scope`` is the scope of the module's import; ``reached`` is called with each line of it
        that begins, until it returns False.
        """

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """From now on call ``note`` with each code object once, when it first starts."""

    def foreign(self, load: Callable[[], None]) -> None:
        """Call ``load``, which loads a module that is not the repository's."""


def collector(attribution: Attribution) -> Collector:
    """Return the cheapest collector this interpreter has."""
    if quirks.MONITORING:
        # Late, because this module is of no use to older interpreters, and pytest starts sooner.
        from firsttry_tasks.recorder.tracing.monitoring import MonitoringCollector

        found: Collector = MonitoringCollector(attribution)
    else:
        known = memory()
        found = (
            SettraceCollector(attribution)
            if known is None
            else WarmupCounterCollector(attribution, known)
        )
    return found


def stands_alone() -> bool:
    """Tell whether the collector leaves the trace function to others, as coverage."""
    # If not, it has to wait until coverage has begun, and listen as a profiler beside it.
    return quirks.MONITORING or memory() is not None
