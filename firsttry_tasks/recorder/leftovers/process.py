"""Tells what a test left changed in the process: variables, the working folder, and the like.

Values are compared and never kept in a record: what is told is a name, and letters that nobody
reads without this machine's key.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from firsttry_tasks.model.recording import DRAWN, FELT, HOLDS, LIBRARY, VARIABLE
from firsttry_tasks.recorder.leftovers.things.content import letters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ProcessWatch:
    """Looks at the process before the first test and after each."""

    def __init__(self, key: bytes = b"") -> None:
        """Begin with what there is now; what stands for values is made with ``key``."""
        self._key = key
        self._variables: dict[Any, Any] = {}
        self._felt: dict[str, object] = {}
        self._states: dict[str, object] = {}
        self.look()

    def look(self) -> list[str]:
        """Return the names of what changed since the last look."""
        variables, felt, states = _variables(), _felt(self._felt), _states()
        names = variables.keys() | self._variables.keys() if variables != self._variables else ()
        changed = [
            VARIABLE + os.fsdecode(it)
            for it in names
            if variables.get(it) != self._variables.get(it) and not _pytests(it)
        ]
        drawn = (name for name, it in states.items() if it != self._states.get(name, it))
        changed += [f"{LIBRARY}{name}:{DRAWN}" for name in drawn]
        # Of a module that came since, nobody knows what it had at first.
        late = {name for name in _FILLED if self._felt.get(name) is None}
        other = {name: it for name, it in felt.items() if it != self._felt.get(name)}
        other = {name: it for name, it in other.items() if name not in late}
        changed += [f"{FELT}{name}{self._told(name, it)}" for name, it in other.items()]
        self._variables, self._felt, self._states = variables, felt, states
        return sorted(changed)

    def _told(self, name: str, value: object) -> str:
        """Return letters for a value; none for what many add to, or what differs in each run."""
        found = letters(value, self._key) if name not in _ADDED_TO else ""
        return f"{HOLDS}{found}" if found else ""


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


#: What holds something of all tests so far, so that it tells little of the last one.
_ADDED_TO = frozenset({"sys.path", "warning filters", "logging", "signal handlers", "hooks"})
_SIGNALS = tuple(map(int, signal.valid_signals()))
#: As the interpreter has it: `signal.getsignal` makes an enumeration's member of each, for 64 of
#: them more than half of the time of a look.
_GET_HANDLER: Any = vars(signal)["_signal"].getsignal
#: What holds more than nothing as soon as its module is imported.
_FILLED = frozenset({"prefixes of XML"})


def _felt(before: Mapping[str, object]) -> dict[str, object]:
    """Return what any code may feel without naming it; ``before`` is what was there."""
    decimals: Any = sys.modules.get("decimal")
    locales: Any = sys.modules.get("locale")
    root = logging.getLogger()
    return {
        "working folder": _folder(),
        "mask of new files": _mask(before.get("mask of new files")),
        # What stands there a second time leads nowhere else.
        "sys.path": tuple(dict.fromkeys(map(str, sys.path))),
        "warning filters": len(warnings.filters),
        "logging": (root.level, root.manager.disable, len(root.handlers), _loggers(root.manager)),
        "decimal context": _rules(decimals.getcontext()) if decimals else "",
        "locale": locales.setlocale(locales.LC_ALL) if locales else "",
        "signal handlers": tuple(map(_handler, _SIGNALS)),
        **{name: _answered(*how) for name, how in _SWITCHES.items()},
    }


#: What the standard library asks of the process, or keeps for all of it: the module, which tells
#: nothing where it was never imported, and how to ask.
_SWITCHES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "recursion limit": ("sys", lambda it: it.getrecursionlimit()),
    "switch interval": ("sys", lambda it: it.getswitchinterval()),
    "digits of numbers": ("sys", lambda it: it.get_int_max_str_digits()),
    "command line": ("sys", lambda it: tuple(map(str, it.argv))),
    "platform": ("sys", lambda it: (it.platform, it.byteorder, it.maxsize, it.version_info)),
    "hooks": ("sys", lambda it: tuple(map(id, (it.excepthook, it.displayhook, it.breakpointhook)))),
    "garbage collector": ("gc", lambda it: (it.isenabled(), it.get_threshold())),
    "socket timeout": ("socket", lambda it: it.getdefaulttimeout()),
    "size of CSV fields": ("csv", lambda it: it.field_size_limit()),
    "default decimal context": ("decimal", lambda it: _rules(it.DefaultContext)),
    "policy of event loops": ("asyncio.events", lambda it: _policy(vars(it))),
    "timers": ("signal", lambda it: tuple(bool(it.getitimer(which)[0]) for which in range(3))),
    "names of levels": ("logging", lambda it: tuple(vars(it)["_levelToName"].items())),
    "prefixes of XML": (
        "xml.etree.ElementTree",
        lambda it: tuple(vars(it)["_namespace_map"].items()),
    ),
    "size of stacks": ("threading", lambda it: _stack(it.stack_size)),
    "blocked signals": ("signal", lambda it: tuple(it.pthread_sigmask(it.SIG_BLOCK, ()))),
    "priority": ("os", lambda it: it.getpriority(it.PRIO_PROCESS, 0)),
    "limits": ("resource", lambda it: _limits(vars(it))),
    "writing of bytecode": ("sys", lambda it: it.dont_write_bytecode),
    "opener of addresses": ("urllib.request", lambda it: _opener(vars(it)["_opener"])),
    "start method": ("multiprocessing", lambda it: it.get_start_method(allow_none=True)),
}


def _answered(module: str, ask: Callable[[Any], object]) -> object:
    found = sys.modules.get(module)
    try:
        return None if found is None else ask(found)
    except Exception:  # noqa: BLE001  a test may have put anything in its place: another answer
        return None


def _mask(before: object) -> object:
    """Return which rights new files don't get: as it was ``before``, where other threads run.

    Only by setting it can that be asked for, and another thread might make a file meanwhile.
    """
    if threading.active_count() > 1:
        return before
    found = os.umask(0o077)
    os.umask(found)
    return found


def _policy(own: dict[str, object]) -> object:
    """Return the class of a policy that somebody has set; Python makes its own when asked."""
    kind = type(own["_event_loop_policy"])
    named = f"{kind.__module__}.{kind.__qualname__}"
    return None if named == "builtins.NoneType" or named.startswith("asyncio.") else named


def _stack(size: Callable[..., int]) -> int:
    """Return how large a new thread's stack will be; who asks sets it to 0 by that."""
    found = size()
    if found:
        size(found)
    return found


def _limits(own: dict[str, Any]) -> tuple[object, ...]:
    """Return the limits of the process, of all kinds that the system knows."""
    which = (it for name, it in tuple(own.items()) if name.startswith("RLIMIT_"))
    return tuple(map(own["getrlimit"], which))


def _opener(opener: Any) -> object:
    """Return what opens addresses that somebody has set; Python makes its own when asked."""
    handlers = getattr(opener, "handlers", (opener,))
    kinds = [f"{type(it).__module__}.{type(it).__qualname__}" for it in handlers]
    strange = (it for it in kinds if not it.startswith(("urllib.", "builtins.NoneType")))
    return tuple(strange) or None


def _rules(context: Any) -> tuple[object, ...]:
    """Return by what a context of decimals makes results; not what it noted of those before."""
    traps = tuple(kind for kind, set_ in context.traps.items() if set_)
    sizes = context.prec, context.Emin, context.Emax, context.capitals, context.clamp
    return (context.rounding, traps, *sizes)


def _loggers(manager: logging.Manager) -> list[object]:
    """Return those that are set up otherwise than they come."""
    found = [it for it in tuple(manager.loggerDict.values()) if isinstance(it, logging.Logger)]
    return [
        (it.name, it.level, len(it.handlers), len(it.filters), it.propagate, it.disabled)
        for it in found
        if it.level or it.handlers or it.filters or not it.propagate or it.disabled
    ]


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return ""  # the test has deleted it


def _handler(number: int) -> int:
    found = _GET_HANDLER(number)
    return 0 if found is None else object.__hash__(found)
