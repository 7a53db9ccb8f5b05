"""Hears which classes an abstract one is told of, as that is kept in C, where no look finds it."""

from __future__ import annotations

import abc
import functools
import sys
from typing import TYPE_CHECKING, Any

from firsttry_tasks.model.recording import ADDED, HOLDS, LIBRARY
from firsttry_tasks.recorder.leftovers.things.content import letters
from firsttry_tasks.recorder.leftovers.things.objects import lineage, space
from firsttry_tasks.recorder.leftovers.things.spelled import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

#: The function of ``abc`` that all such tellings come to, where it is made in C.
_REGISTER = "_abc_register"
#: Kinds of scopes whose doing later tests may feel.
_LEAVING = frozenset({"test", "import", "collect"})


class Registrations:
    """Puts to a test or an import that an abstract class takes another class for its own since."""

    def __init__(self, attribution: Attribution, key: bytes) -> None:
        """Write to this attribution; what stands for classes is made with ``key``."""
        self._attribution, self._key = attribution, key

    def serving(self) -> Iterator[tuple[object, str, object]]:
        """Yield what is to stand in place of what registers a class: where, its name, and it."""
        if hasattr(abc, _REGISTER):
            yield abc, _REGISTER, self._telling(getattr(abc, _REGISTER))

    def _telling(self, original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(original)
        def register(cls: Any, subclass: Any) -> Any:
            before = abc.get_cache_token()
            done = original(cls, subclass)
            # What was registered before, or inherits from it, is not registered again.
            if abc.get_cache_token() != before:
                # The method of the metaclass called this one, and whoever registers called that.
                self._hear(cls, subclass, sys._getframe(1).f_back)  # noqa: SLF001
            return done

        return register

    def _hear(self, cls: Any, subclass: Any, caller: FrameType | None) -> None:
        try:
            self._note(cls, subclass, caller)
        except Exception as error:  # noqa: BLE001  a class may answer in any way
            told = f"what was registered ({type(error).__name__}: {error})"
            self._attribution.add("untraceable", told)

    def _note(self, cls: Any, subclass: Any, caller: FrameType | None) -> None:
        scopes = (it for it in reversed(self._attribution.stack) if it.kind in _LEAVING)
        scope = next(scopes, None)
        if scope is None:
            return
        for name in self._ours(cls, subclass):
            self._left(scope, *name)
        by_us = caller is not None and self._attribution.place(caller.f_code.co_filename)
        if by_us and self._place(cls) is None:
            kept = f"{LIBRARY}{_own(cls, '__module__')}:{_called(cls)}"
            content = spelled(subclass, self._key)
            self._attribution.add_to(scope, "left", f"{kept}{HOLDS}{content}")

    def _ours(self, cls: Any, subclass: Any) -> Iterator[tuple[str, str]]:
        """Yield the project's classes that take another one for theirs now, each with letters.

        Those above do so, too. And the class itself: whoever has an object of it is told so by code
        that need not name the abstract one, such as a function with variants.
        """
        known, other = letters(subclass, self._key), letters(cls, self._key)
        above = [it for it in lineage(cls) if "_abc_impl" in space(it)]
        for kind, content in (*((it, known) for it in above), (subclass, other)):
            place = self._place(kind)
            if place is not None:
                yield f"{place}:{_called(kind)}", content

    def _left(self, scope: OpenScope, name: str, content: str) -> None:
        told = f"{name}{ADDED}{content}" if content else name
        # As of all that imports change: it rests on what they ran, whatever they leave.
        for it in {told} if scope.kind == "test" else {name, told}:
            self._attribution.add_to(scope, "left", it)

    def _place(self, kind: Any) -> str | None:
        """Return the file of the project that defines a class, None for a library's."""
        module = sys.modules.get(str(_own(kind, "__module__")))
        file = getattr(module, "__file__", None)
        return self._attribution.place(file) if isinstance(file, str) else None


def _called(kind: Any) -> str:
    """Return what a class is called in its module; one of a function by the function's name."""
    return str(_own(kind, "__qualname__")).partition(".<locals>")[0]


def _own(kind: Any, name: str) -> object:
    return type.__getattribute__(kind, name)
