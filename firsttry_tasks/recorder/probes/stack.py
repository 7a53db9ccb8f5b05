"""Walks the stack from what runs now to its callers, without the recorder's own listeners.

A frame here is always one of Python's stack.
"""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

#: Part of the path of every installed package.
INSTALLED = f"{os.sep}site-packages{os.sep}"
#: Where the recorder lies: code from here is never what asks.
HERE = str(Path(__file__).parents[1]) + os.sep
#: Modules that stand between an audit event and its cause whenever the stack is walked. They are
#: skipped, so that the nearest frame is the cause's, and a search of so many frames is not used
#: up by listeners. A module whose functions hear audit events has to be named here.
_HEARING = frozenset(
    f"{HERE}{name}.py"
    for name in (
        *(f"probes{os.sep}{it}" for it in ("asking_code", "audit", "code_access", "file_access")),
        *(f"replaced{os.sep}{it}" for it in ("environment", "source_lines")),
        f"probes{os.sep}stack",
    )
)
_HOMES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
#: With links resolved as well: a virtual environment may lead to the standard library through one.
_STANDARD = tuple({home + os.sep for each in _HOMES for home in (each, os.path.realpath(each))})


def frames() -> Iterator[FrameType]:
    """Yield the frames that led here, nearest first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        if frame.f_code.co_filename not in _HEARING:
            yield frame
        frame = frame.f_back


def libraries(place: Callable[[str], str | None]) -> set[str]:
    """Return the first names of the libraries that stand between here and the project's code.

    ``place`` returns None for a file elsewhere. The set is empty where no code of the project is on
    the stack: then it is the runner that asks.
    """
    found: set[str] = set()
    for frame in frames():
        path = frame.f_code.co_filename
        if place(path) is not None:
            return found
        if not (path.startswith(("<", HERE)) or standard(path)):
            found.add(str(frame.f_globals.get("__name__", "")).partition(".")[0])
    return set()


def standard(path: str) -> str:
    """Return a module's file below the standard library, "" for one that is not of it."""
    # By its place and not by its name: a project may have a module of the same name. Installed
    # packages lie below the standard library's folder on some systems.
    home = next((home for home in _STANDARD if path.startswith(home)), None)
    return "" if home is None or INSTALLED in path else path[len(home) :].replace(os.sep, "/")
