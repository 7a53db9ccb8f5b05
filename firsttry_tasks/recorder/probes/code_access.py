"""Counts a function as run if its code object is asked for, and reads what other code names.

A library may copy or compile a function's code and run that in its place, and then the function
never starts. Asking for ``__code__`` causes an audit event; what is made of it does not.
"""

import builtins
import re
from collections.abc import Iterator
from types import CodeType, FunctionType

from firsttry_tasks.recorder.probes.stack import HERE, frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution, nested

#: The event, and the attribute that is asked for.
EVENT, CODE = "object.__getattr__", "__code__"
#: Modules that ask for code to find names, places and signatures, and run none of it: in the
#: standard library, and elsewhere. pytest itself asks every test function, so that without these
#: lists each test of a file would count as one that rests on all the others.
_STANDARD = (
    "inspect.py",
    "doctest.py",
    "typing.py",
    "dataclasses.py",
    "unittest/mock.py",
    "asyncio/",
)
_OTHERS = ("/_pytest/", "/pluggy/", "/hypothesis/", "/zope/interface/")

_BUILTINS = frozenset(dir(builtins))
#: What a string may name: a variable, an attribute, a module.
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class CodeAccessProbe:
    """Counts functions whose code is asked for as run, in the innermost scope."""

    def __init__(self, attribution: Attribution) -> None:
        """Write to this attribution."""
        self._attribution = attribution

    def hear(self, holder: object, _code: object) -> None:
        """Hear that an object is asked for its code."""
        # A bound method hands the question on to its function, which is heard then.
        if type(holder) is not FunctionType:
            return
        code, attribution = holder.__code__, self._attribution
        if attribution.place(code.co_filename) is None or self._is_harmless():
            return
        # A copy may run the functions inside as well, and these have no event of their own.
        numbers = {attribution.unit(inner) for inner in nested(code)} - {-1}
        attribution.top.units |= numbers
        if attribution.top.kind == "import":
            # As the collectors do it: an import's units come with the line that ran them.
            line = self._line(attribution.top.name)
            attribution.top.lines.update((line, number) for number in numbers)

    def _line(self, place: str) -> int:
        """Return the line at which the module at ``place`` is running, 0 where it is not."""
        for frame in frames():
            code = frame.f_code
            if code.co_name == "<module>" and self._attribution.place(code.co_filename) == place:
                return frame.f_lineno
        return 0

    def _is_harmless(self) -> bool:
        """Tell whether the code that asks is known to run nothing of what it gets."""
        asking = next((frame.f_code.co_filename for frame in frames()), "")
        # The project first: its own modules may have such a name, as a plugin of pytest does.
        if self._attribution.place(asking) is not None:
            return False
        others = any(part in asking for part in _OTHERS)
        return others or asking.startswith(HERE) or standard(asking).startswith(_STANDARD)


def named(code: CodeType) -> frozenset[str]:
    """Return the names in code that stands in no file: also modules, and what its strings name."""
    found = {it for one in _within(code) for it in _spoken(one)}
    return frozenset(it for it in found - _BUILTINS if it[:2] != "__")


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)


def _spoken(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, str) and _NAME.fullmatch(constant):
            yield constant
        elif isinstance(constant, tuple):
            # What is imported from a package may be a module of it.
            texts = [it for it in constant if isinstance(it, str)]
            sources = (it for it in code.co_names if it not in texts)
            yield from (f"{name}.{it}" for name in sources for it in texts)
            yield from filter(_NAME.fullmatch, texts)
