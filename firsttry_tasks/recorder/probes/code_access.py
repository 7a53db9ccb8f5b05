"""Functions whose code is looked into: what is copied or compiled of it runs without their start.

Who asks a function for its ``__code__`` causes an audit event; what he makes of it does not.
"""

from types import FunctionType

from firsttry_tasks.recorder.probes.stack import HERE, frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution, nested

#: The event, and the attribute that is asked for.
EVENT, CODE = "object.__getattr__", "__code__"
#: Who looks for names, places and signatures only: of the standard library, and of others.
_STANDARD = (
    "inspect.py",
    "doctest.py",
    "typing.py",
    "dataclasses.py",
    "unittest/mock.py",
    "asyncio/",
)
_OTHERS = ("/_pytest/", "/pluggy/", "/hypothesis/", "/zope/interface/")


class CodeAccessProbe:
    """Counts such functions as run, in the innermost scope."""

    def __init__(self, attribution: Attribution) -> None:
        """Write to this attribution."""
        self._attribution = attribution

    def hear(self, holder: object, _code: object) -> None:
        """Hear that an object is asked for its code."""
        if type(holder) is not FunctionType:
            return
        code, attribution = holder.__code__, self._attribution
        if attribution.place(code.co_filename) is None or self._is_harmless():
            return
        numbers = {attribution.unit(inner) for inner in nested(code)} - {-1}
        attribution.top.units |= numbers
        if attribution.top.kind == "import":
            line = self._line(attribution.top.name)
            attribution.top.lines.update((line, number) for number in numbers)

    def _line(self, place: str) -> int:
        """Return which line of a module is running, 0 where none is."""
        for frame in frames():
            code = frame.f_code
            if code.co_name == "<module>" and self._attribution.place(code.co_filename) == place:
                return frame.f_lineno
        return 0

    def _is_harmless(self) -> bool:
        """Tell whether who asks is one of those who do nothing with a function's code."""
        asking = next((frame.f_code.co_filename for frame in frames()), "")
        if self._attribution.place(asking) is not None:
            return False
        others = any(part in asking for part in _OTHERS)
        return others or asking.startswith(HERE) or standard(asking).startswith(_STANDARD)
