"""A tool that is started ahead of time, and waits for a byte before it reads the project.

A program of its own: ``python [flags] waiting.py -m pytest ...`` or ``... waiting.py script ...``.
It is what Python would be from that command line, but for a pipe, which was its standard input, and
the variable that names it: where FirstTry's plugin finds that, it waits. Of a tool without such a
plugin it loads a module, and waits by itself: ``python waiting.py --load mypy.main -m mypy ...``.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys

#: As in the plugin: `recorder/inside_pytest/pause.py`.
PAUSE = "FIRSTTRY_PAUSE"
#: Says that the next word is a module to load before the wait.
LOAD = "--load"


def main() -> None:
    """Become the tool."""
    words = sys.argv[1:]
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if words[0] == LOAD:
        words = words[2:]
        _wait(pipe, sys.argv[2], words)
    else:
        os.environ[PAUSE] = str(pipe)
    if words[0] == "-m":
        _lead(os.getcwd())  # noqa: PTH109  no pathlib: a start costs
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        _lead(os.path.dirname(words[0]))  # noqa: PTH120
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def _wait(pipe: int, name: str, words: list[str]) -> None:
    """Load a module, and wait for the byte; end this process where nobody will give it."""
    _lead(os.getcwd())  # noqa: PTH109
    before = _packages()
    file = getattr(importlib.import_module(name), "__file__", None) or ""
    if not os.read(pipe, 1):
        os._exit(0)
    os.close(pipe)
    # What was loaded may be another by now.
    if "-packages" not in file or _packages() != before:
        os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  no shell is wanted


def _packages() -> list[int]:
    """Return when something was installed last, wherever Python looks."""
    places = [it for it in sys.path if it.endswith("-packages") and os.path.isdir(it)]  # noqa: PTH112
    return [os.stat(it).st_mtime_ns for it in places]  # noqa: PTH116


def _lead(folder: str) -> None:
    """Let Python import from a folder first, in place of this file's own."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


if __name__ == "__main__":
    main()
