"""Tells what a test left changed in the process: variables, the working folder, and the like.

Values are compared and never kept in a record: what is told is a name.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings
from typing import Any

from firsttry_tasks.model.recording import DRAWN, FELT, LIBRARY, VARIABLE


class ProcessWatch:
    """Looks at the process before the first test and after each."""

    def __init__(self) -> None:
        """Begin with what there is now."""
        self._variables: dict[Any, Any] = {}
        self._felt: dict[str, object] = {}
        self._states: dict[str, object] = {}
        self.look()

    def look(self) -> list[str]:
        """Return the names of what changed since the last look."""
        variables, felt, states = _variables(), _felt(), _states()
        names = variables.keys() | self._variables.keys() if variables != self._variables else ()
        changed = [
            VARIABLE + os.fsdecode(it)
            for it in names
            if variables.get(it) != self._variables.get(it) and not _pytests(it)
        ]
        drawn = (name for name, it in states.items() if it != self._states.get(name, it))
        changed += [f"{LIBRARY}{name}:{DRAWN}" for name in drawn]
        changed += [FELT + name for name, it in felt.items() if it != self._felt.get(name)]
        self._variables, self._felt, self._states = variables, felt, states
        return sorted(changed)


def _states() -> dict[str, object]:
    """Return how far generators of numbers are that all share."""
    own: Any = sys.modules.get("random")
    found: dict[str, object] = {"random": own.getstate()} if own else {}
    arrays: Any = sys.modules.get("numpy.random")
    if arrays:
        _, keys, *rest = arrays.get_state()
        found["numpy"] = (keys.tobytes(), *rest)
    return found


def _variables() -> dict[Any, Any]:
    # Past the door for variables: to look at all of them is no reading of any.
    return dict(os.environ._data)  # type: ignore[attr-defined]  # noqa: SLF001


def _pytests(name: Any) -> bool:
    # pytest tells children by a variable which test is running.
    return bool(os.fsdecode(name).startswith("PYTEST_"))


def _felt() -> dict[str, object]:
    """Return what any code may feel without naming it."""
    decimals: Any = sys.modules.get("decimal")
    locales: Any = sys.modules.get("locale")
    root = logging.getLogger()
    return {
        "working folder": _folder(),
        # What stands there a second time leads nowhere else.
        "sys.path": tuple(dict.fromkeys(map(str, sys.path))),
        "warning filters": len(warnings.filters),
        "logging": (root.level, root.manager.disable, len(root.handlers), _loggers(root.manager)),
        "decimal context": _rules(decimals.getcontext()) if decimals else "",
        "locale": locales.setlocale(locales.LC_ALL) if locales else "",
        "signal handlers": tuple(map(_handler, (signal.SIGINT, signal.SIGTERM))),
    }


def _rules(context: Any) -> tuple[object, ...]:
    """Return by what a context of decimals makes results; not what it noted of those before."""
    traps = tuple(kind for kind, set_ in context.traps.items() if set_)
    sizes = context.prec, context.Emin, context.Emax, context.capitals, context.clamp
    return (context.rounding, traps, *sizes)


def _loggers(manager: logging.Manager) -> list[object]:
    """Return those that are set up otherwise than they come."""
    found = [it for it in tuple(manager.loggerDict.values()) if isinstance(it, logging.Logger)]
    return [
        (it.name, it.level, len(it.handlers), it.propagate, it.disabled)
        for it in found
        if it.level or it.handlers or not it.propagate or it.disabled
    ]


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return ""  # the test has deleted it


def _handler(number: signal.Signals) -> int:
    found = signal.getsignal(number)
    return 0 if found is None else object.__hash__(found)
