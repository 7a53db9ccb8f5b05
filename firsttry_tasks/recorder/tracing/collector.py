"""What every way of watching code can do, and the choice between them."""

from collections.abc import Callable
from types import CodeType
from typing import Protocol

from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenOrClose, OpenScope
from firsttry_tasks.recorder.tracing.settrace import SettraceCollector
from firsttry_tasks.recorder.tracing.warmup_counters import WarmupCounterCollector, memory


class Collector(Protocol):
    """What learns which functions start."""

    def begin(self) -> None:
        """Begin to watch."""

    def end(self) -> None:
        """Stop."""

    def sees(self) -> bool:
        """Tell whether nothing took its place."""

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that is defined in it."""

    def drain(self) -> None:
        """Hand what ran to the innermost scope."""

    def importing(self, module: CodeType | None, scope: OpenScope) -> None:
        """Note starts with the line of this module, whose scope this is, or of none."""

    def divert(self, note: Callable[[CodeType], None]) -> None:
        """Tell of each piece of code once, at once."""

    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's."""

    def caches(self, code: CodeType) -> None:
        """Hear that a function's results are kept: it runs for one test and serves others."""


def collector(attribution: Attribution, enter: OpenOrClose, leave: OpenOrClose) -> Collector:
    """Return the cheapest collector this interpreter has."""
    if quirks.MONITORING:
        from firsttry_tasks.recorder.tracing.monitoring import MonitoringCollector

        found: Collector = MonitoringCollector(attribution, enter, leave)
    else:
        known = memory()
        found = (
            SettraceCollector(attribution)
            if known is None
            else WarmupCounterCollector(attribution, known)
        )
    return found


def stands_alone() -> bool:
    """Tell whether the collector takes no place that coverage may want."""
    return quirks.MONITORING or memory() is not None
