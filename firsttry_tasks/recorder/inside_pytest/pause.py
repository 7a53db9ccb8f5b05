"""Lets a pytest wait, with its plugins loaded, until there is something to run.

``ft watch`` starts it ahead of time. Where the C library stands before it, it records from its
start and waits when all plugins are loaded, before the first of them or pytest loads anything of
the project; else it waits where the recorder would begin. Where anything that it has looked at by
then is another when it is asked for, it starts anew.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.recording import EARLY
from firsttry_tasks.model.values import TestsPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from firsttry_tasks.recorder.inside_pytest.hooks import RecorderHooks

#: The variable with the number of the pipe that gets a byte when there is something to run; without
#: a number while Python starts.
PAUSE = "FIRSTTRY_PAUSE"
#: The variable that lets `probes/child/sitecustomize.py` begin to record as Python starts: by which
#: module, and the PYTHONPATH that the process is meant to have.
AHEAD = "FIRSTTRY_AHEAD"
BEGINS = "firsttry_tasks.recorder.early"
_BOOT = str(Path(__file__).parents[1] / "probes" / "child")
#: What pytest reads before that, wherever it finds one of them.
CONFIGURATION = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)


def ahead(base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which a Python begins to record as it starts."""
    own = base.get("PYTHONPATH", "")
    whole = f"{_BOOT}{os.pathsep}{own}" if own else _BOOT
    return {**base, AHEAD: f"{BEGINS}{os.pathsep}{own}", "PYTHONPATH": whole}


def restore() -> None:
    """Give this process the PYTHONPATH that it is meant to have, if its start did not."""
    _, mark, own = os.environ.pop(AHEAD, "").partition(os.pathsep)
    if mark:
        os.environ["PYTHONPATH"] = own
        if not own:
            del os.environ["PYTHONPATH"]


class Pause:
    """A wait that is to come, in a process that looks at files from now on."""

    def __init__(self, plan: str) -> None:
        """Take the plan's place: the file was written just before this process was started."""
        self._plan = Path(plan)
        self._told = self._plan.read_bytes()
        self._since = self._plan.stat().st_mtime_ns

    def wait(self, root: str, watch: RecorderHooks | None = None) -> None:
        """Wait for the byte; end this process where nobody will give it.

        ``watch`` is what has begun to record.
        """
        pipe = int(os.environ.pop(PAUSE))
        before = _stamps(root)
        if not os.read(pipe, 1):
            os._exit(0)
        os.close(pipe)
        if _stamps(root) != before or _loaded(root) or (watch and self._is_another(watch)):
            _start_anew(watch)
        if watch is not None:
            watch.recorder.began = time.time()
            watch.attribution.environment.pop(PAUSE, None)

    def _is_another(self, watch: RecorderHooks) -> bool:
        """Tell whether what is to be recorded, or what was looked at, is no longer what it was."""
        told = (self._told, self._plan.read_bytes())
        then, now = (msgspec.json.decode(it, type=TestsPlan) for it in told)
        return then.data != now.data or watch.recorder.logs.moved(watch.folder / EARLY, self._since)


def _start_anew(watch: RecorderHooks | None) -> None:
    """Become the same command line, without what made it wait, that records as it starts."""
    environment = dict(os.environ)
    if watch is not None:
        # As it was before the recorder began, and without what that has written.
        environment = {k: v for k, v in watch.attribution.environment.items() if k != PAUSE}
        for place in watch.folder.glob(f"*{os.getpid()}*"):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    argv = [sys.executable, *_plain(sys.orig_argv[1:])]
    os.execve(sys.executable, argv, ahead(environment))  # noqa: S606  no shell is wanted


def _plain(words: Iterable[str]) -> list[str]:
    return [word for word in words if not word.endswith(WAITING)]


#: What starts a pytest that waits: `system/guard/waiting.py`.
WAITING = f"{os.sep}guard{os.sep}waiting.py"


def _stamps(root: str) -> list[tuple[int, int] | None]:
    """Return size and time of all that decides which plugins there are and what they are told."""
    here = os.getcwd()  # noqa: PTH109  pathlib is no faster, and this is waited for
    files = [os.path.join(folder, name) for folder in {root, here} for name in CONFIGURATION]  # noqa: PTH118
    packages = [place for place in sys.path if place.endswith("-packages")]
    return [_stamp(place) for place in (*sorted(files), *packages)]


def _stamp(place: str) -> tuple[int, int] | None:
    try:
        found = os.stat(place)  # noqa: PTH116
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _loaded(root: str) -> bool:
    """Tell whether code of the project was loaded, as a plugin, and may be another by now."""
    files = (getattr(module, "__file__", None) or "" for module in tuple(sys.modules.values()))
    return any(file.startswith(root + os.sep) and "-packages" not in file for file in files)
