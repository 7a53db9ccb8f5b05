"""Functions whose code is looked into: what is copied or compiled of it runs without their start.

Who asks a function for its ``__code__`` causes an audit event; what he makes of it does not.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, FunctionType

from firsttry_tasks.recorder.tape import Tape, nested

#: The event, and the attribute that is asked for.
EVENT, CODE = "object.__getattr__", "__code__"
_HERE = str(Path(__file__).parent) + os.sep
_HEARING = frozenset({f"{_HERE}looked.py", f"{_HERE}facts.py"})
#: Who looks for names, places and signatures only.
_HARMLESS = (
    *(f"{os.sep}{name}.py" for name in ("inspect", "doctest", "mock", "typing", "dataclasses")),
    *(f"{os.sep}{name}{os.sep}" for name in ("_pytest", "pluggy", "hypothesis", "asyncio")),
    f"{os.sep}zope{os.sep}interface{os.sep}",
)


class Looked:
    """Counts such functions as run, in the innermost frame."""

    def __init__(self, tape: Tape) -> None:
        """Write to this tape."""
        self._tape = tape

    def hear(self, holder: object, name: object) -> None:
        """Hear that an object is asked for an attribute."""
        if name != CODE or type(holder) is not FunctionType:
            return
        code, tape = holder.__code__, self._tape
        if tape.place(code.co_filename) is None or _is_harmless():
            return
        numbers = {tape.unit(inner) for inner in nested(code)} - {-1}
        tape.top.units |= numbers
        if tape.top.kind == "import":
            line = self._line(tape.top.name)
            tape.top.lines.update((line, number) for number in numbers)

    def _line(self, place: str) -> int:
        """Return which line of a module is running, 0 where none is."""
        for frame in _frames():
            code = frame.f_code
            if code.co_name == "<module>" and self._tape.place(code.co_filename) == place:
                return frame.f_lineno
        return 0


def _frames() -> Iterator[FrameType]:
    """Yield the frames that led here, nearest first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_harmless() -> bool:
    """Tell whether it is one of those who do nothing with a function's code that asks for it."""
    names = (frame.f_code.co_filename for frame in _frames())
    asking = next((name for name in names if name not in _HEARING), "")
    return asking.startswith(_HERE) or any(part in asking for part in _HARMLESS)
