"""Who led to what runs now, nearest first, without those who hear of it for the recorder."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

INSTALLED = f"{os.sep}site-packages{os.sep}"
HERE = str(Path(__file__).parents[1]) + os.sep
_HEARING = frozenset(f"{HERE}probes{os.sep}{name}.py" for name in ("audit", "code_access", "stack"))
_HOMES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
_STANDARD = tuple({home + os.sep for each in _HOMES for home in (each, os.path.realpath(each))})


def frames() -> Iterator[FrameType]:
    """Yield the frames that led here."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        if frame.f_code.co_filename not in _HEARING:
            yield frame
        frame = frame.f_back


def standard(path: str) -> str:
    """Return a module's file below the standard library, "" for one that is not of it.

    A project may have a module with the same name.
    """
    home = next((home for home in _STANDARD if path.startswith(home)), None)
    return "" if home is None or INSTALLED in path else path[len(home) :].replace(os.sep, "/")
