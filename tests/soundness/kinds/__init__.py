"""The cases, a module a kind."""

from importlib import import_module
from pkgutil import iter_modules

from tests.soundness.case import Case


def every() -> tuple[Case, ...]:
    """Return all cases, in the order of their modules' names."""
    names = sorted(found.name for found in iter_modules(__path__))
    rooms = [import_module(f"{__name__}.{name}") for name in names]
    return tuple(case for room in rooms for case in room.CASES)
