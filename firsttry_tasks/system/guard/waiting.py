"""A pytest that is started ahead of time, and waits for a byte before it reads the project.

A program of its own: ``python [flags] waiting.py -m pytest ...`` or ``... waiting.py script ...``.
It is what Python would be from that command line, but for a pipe, which was its standard input, and
the variable that names it: where FirstTry's plugin finds that, it waits.
"""

from __future__ import annotations

import os
import runpy
import sys

#: As in the plugin: `recorder/inside_pytest/pause.py`.
PAUSE = "FIRSTTRY_PAUSE"


def main() -> None:
    """Become pytest."""
    words = sys.argv[1:]
    os.environ[PAUSE] = str(os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if words[0] == "-m":
        _lead(os.getcwd())  # noqa: PTH109  no pathlib: a start costs
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        _lead(os.path.dirname(words[0]))  # noqa: PTH120
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def _lead(folder: str) -> None:
    """Let Python import from a folder first, in place of this file's own."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


if __name__ == "__main__":
    main()
