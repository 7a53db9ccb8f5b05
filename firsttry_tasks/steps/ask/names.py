"""Finds what people mean by the words with which they name tests and files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


def tests(word: str, known: Collection[str], folder: str) -> tuple[str, ...]:
    """Return the node ids that a word stands for; UsageError, with the nearest, for none.

    A word is a node id, with its parameters or without; a file or a folder, as seen from
    ``folder`` or from the project's, or the end of its path; the name of a function or of a class.
    """
    exact = [it for it in (f"{folder}/{word}", word) if it in known]
    if exact:
        return (exact[0],)
    place, names = _parts(word)
    files = {nodeid.partition("::")[0] for nodeid in known}
    homes = set(_places(place, files, folder)) if place else files
    found = tuple(sorted(it for it in known if it.partition("::")[0] in homes and _has(it, names)))
    if not found and not place:
        # A folder without a slash looks like a name.
        inside = _places(word, files, folder)
        found = tuple(sorted(it for it in known if it.partition("::")[0] in inside))
    if not found:
        raise UsageError(f"There is no test {word!r}.{_near(place, names, homes, known)}")
    return found


def file(word: str, known: Iterable[str], folder: str) -> str:
    """Return the file that a word stands for; UsageError, with the nearest, for none or several."""
    paths = frozenset(known)
    found = sorted(_places(word, paths, folder) & paths)
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(found[:3])
        raise UsageError(f"{word!r} may be {some}: name its folder, too.")
    near = nearest(word, paths) or nearest(word, {it.rpartition("/")[2] for it in paths})
    raise UsageError(f"There is no file {word!r} in this tree.{near}")


def folder(word: str, known: Iterable[str], at: str) -> tuple[str, ...]:
    """Return the files below the folder that a word stands for, none where it is no folder."""
    for base in (at, ""):
        path = posixpath.normpath(posixpath.join(base, word))
        found = sorted(it for it in known if path == "." or it.startswith(f"{path}/"))
        if found:
            return tuple(found)
    return ()


def is_path(word: str) -> bool:
    """Tell whether a word names a file or a folder and no function."""
    place = word.partition("::")[0]
    return "/" in place or "." in place.lstrip(".") or "::" in word


def _parts(word: str) -> tuple[str, tuple[str, ...]]:
    """Return the path in a word, "" for none, and the names that follow it."""
    # Parameters may hold anything, also slashes and colons.
    plain, bracket, rest = word.partition("[")
    place, *names = plain.split("::")
    if "/" in place or place.endswith((".py", ".txt", ".rst", ".md", ".yaml", ".yml")):
        place = place.rstrip("/")
    else:
        place, names = "", [part for it in (place, *names) for part in it.split(".")]
    if names and bracket:
        names[-1] = f"{names[-1]}[{rest}"
    return place, tuple(name for name in names if name)


def _places(place: str, files: Collection[str], folder: str) -> set[str]:
    """Return the files that a path means: from the folder, from the top, or by its end."""
    for base in (folder, ""):
        path = posixpath.normpath(posixpath.join(base, place))
        found = {it for it in files if path in {it, "."} or it.startswith(f"{path}/")}
        if found:
            return found
    return {it for it in files if it.endswith(f"/{place}")}


def _has(nodeid: str, names: tuple[str, ...]) -> bool:
    """Tell whether these names stand next to each other in a node id."""
    if not names:
        return True
    own = _names(nodeid)
    # Whoever names no parameters means them all.
    if "[" not in names[-1]:
        own = (*own[:-1], own[-1].partition("[")[0])
    size = len(names)
    return any(own[at : at + size] == names for at in range(len(own) - size + 1))


def _names(nodeid: str) -> tuple[str, ...]:
    plain, bracket, rest = nodeid.partition("[")
    _, *names = plain.split("::")
    return (*names[:-1], f"{names[-1]}{bracket}{rest}") if names else ("",)


def _near(
    place: str, names: tuple[str, ...], homes: Collection[str], known: Collection[str]
) -> str:
    """Return the nearest words to one that means no test."""
    if not homes:
        files = {nodeid.partition("::")[0] for nodeid in known}
        return nearest(place, files) or nearest(place, {it.rpartition("/")[2] for it in files})
    inside = [nodeid for nodeid in known if nodeid.partition("::")[0] in homes]
    wanted = "::".join(names)
    return nearest(wanted, frozenset(_spelled(inside, exactly="[" in wanted)))


def _spelled(nodeids: Iterable[str], *, exactly: bool) -> Iterator[str]:
    """Yield each way to name one of these tests without its file."""
    for nodeid in nodeids:
        own = _names(nodeid)
        last = own[-1] if exactly else own[-1].partition("[")[0]
        yield from (last, "::".join((*own[:-1], last)), *own[:-1])
