"""Reads the logs of a tool's processes: what its answer rests on.

``system/boundary/boundary.c`` writes the logs. Names of what was asked are ``<kind> <path>``:

- ``file``: what the path leads to: content and mode, a folder, or nothing
- ``code``: the same, of a Python file that the tool itself imported, such as a plugin
- ``link``: the path itself, where links are not followed
- ``list``: the names in a folder
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from firsttry_tasks.model.observed import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from firsttry_tasks.model.observed import Asked

KINDS = {"f": "file", "s": "file", "x": "file", "p": "file", "k": "link", "l": "list"}
#: The kernel's own files, which tell of this process and this machine: no input of a project.
KERNEL = ("/proc/", "/sys/", "/dev/")
ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
#: What a sentence begins with that tells of the names in a folder.
MOVED = "files came or went in "
BYTECODE = "/__pycache__/"


def rests_on(
    logs: Iterable[Iterable[Asked]], own: Callable[[str], bool]
) -> dict[str, frozenset[bool]]:
    """Return what was asked, each with the answers: True for found, False for looked for in vain.

    Left out is what the tool made itself, and what is ``own``: caches, FirstTry's state.
    """
    found: dict[str, set[bool]] = {}
    bytecode: set[str] = set()
    made: set[str] = set()
    for log in logs:
        written: set[str] = set()
        for asked in log:
            path = plain(asked.path)
            if asked.kind in "mw" and not asked.error:
                # A file that is written before it is read is the tool's own product.
                (made if asked.kind == "m" else written).add(path)
            elif BYTECODE in path:
                bytecode.add(source(path))
            elif path not in written and not (path.startswith(KERNEL) or own(path)):
                answers = found.setdefault(f"{KINDS.get(asked.kind, 'file')} {path}", set())
                answers |= _answer(asked)
    kept = {n: frozenset(answers) for n, answers in found.items() if not _under(n, made)}
    return {_as_code(name, bytecode): answers for name, answers in kept.items()}


def plain(path: str) -> str:
    """Return a path without doubled slashes and dots; `..` stays, since links may stand before."""
    return path if "/../" in f"{path}/" else os.path.normpath(path).replace("//", "/")


def source(bytecode: str) -> str:
    """Return the source of a file such as ``pkg/__pycache__/mod.cpython-311.pyc``."""
    folder, _, name = bytecode.rpartition(BYTECODE)
    return f"{folder}/{name.partition('.')[0]}.py"


def _answer(asked: Asked) -> set[bool]:
    # Other errors, such as a missing permission, say neither.
    if asked.error == 0:
        return {True}
    return {False} if asked.error in ABSENT and asked.kind != "l" else set()


def _under(name: str, made: set[str]) -> bool:
    """Tell whether the tool made this path, or a folder above it."""
    path = name.partition(" ")[2]
    # Most tools make nothing but their caches.
    return bool(made) and (path in made or any(path.startswith(f"{it}/") for it in made))


def _as_code(name: str, bytecode: set[str]) -> str:
    kind, _, path = name.partition(" ")
    return f"code {path}" if kind == "file" and path in bytecode else name


def changes(old: Mapping[str, str], new: Mapping[str, str], root: str) -> tuple[str, ...]:
    """Return a sentence for each path whose state differs, those of the project first."""
    names = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    said = {sentence(name, old.get(name, ""), new.get(name, ""), root) for name in names}
    # Paths outside of the project begin with a slash, and a folder says less than its file.
    return tuple(sorted(said, key=lambda it: (" /" in f" {it}", it.startswith(MOVED), it)))


def sentence(name: str, old: str, new: str, root: str) -> str:
    """Return what happened to a path, in words such as ``app/gen.py changed``."""
    kind, _, path = name.partition(" ")
    shown = path.removeprefix(f"{root}/") if path != root else "."
    if kind == "list":
        return f"{MOVED}{place(shown)}"
    word = "added" if old == "absent" else "deleted" if new == "absent" else "changed"
    return f"{place(shown)} {word}"
