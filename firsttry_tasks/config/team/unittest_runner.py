"""Finds a call of unittest, and what pytest has to know to run the same tests."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.reading import unittest_script
from firsttry_tasks.config.team import own_programs, team_files, tool_options
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from firsttry_tasks.config.team.team_files import Words

#: What discovery takes for files with tests, where the call names no other pattern.
PATTERN = "test*.py"
#: What a module has that says by itself which tests it has, and what is told of it.
UNHEARD = (
    (
        re.compile(rb"def load_tests\("),
        "pytest does not call load_tests ({}): tests that it adds are not run here",
    ),
    (
        re.compile(rb"\bDoc(?:Test|File)Suite\("),
        "pytest does not run the doctests that {} adds to a suite; --doctest-modules does",
    ),
)
#: pytest's option for the examples of modules.
DOCTESTS = "--doctest-modules"
#: unittest takes the methods of its own classes alone; pytest takes those whatever this says.
ALONE = ("-o", "python_classes=", "-o", "python_functions=")
#: Options of discovery, in the order in which their values may stand without them.
_NAMED = (
    ("-s", "--start-directory"),
    ("-p", "--pattern"),
    ("-t", "--top-level-directory"),
)
#: Options with a value that chooses no folder.
_VALUED = frozenset({"--durations", "-k"})
#: The pattern of the files of one call, and their folders or paths.
_Found = tuple[str, tuple[str, ...]]


class Runner(Struct, frozen=True, kw_only=True):
    """Calls of unittest: the first one's words, what they look for and where, and their file."""

    words: tuple[str, ...]
    pattern: str
    paths: tuple[str, ...]
    place: str = ""
    doctests: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options by which pytest runs the same tests."""
        more = (DOCTESTS,) if self.doctests else ()
        return (*more, "-o", f"python_files={self.pattern}", *ALONE)

    @property
    def env(self) -> dict[str, str]:
        """Return the variables that stand before the call."""
        return tool_options.assigned(self.words)


def find(root: Path, top: Path) -> Runner | None:
    """Return the calls of the first file with any, as one; None where pytest is set up."""
    found = next(_calls(root, top), None)
    set_up = found and any("pytest" in place for place in parity_lock.sections(root))
    return None if set_up else found


def unheard(root: Path, args: Words, paths: Iterable[str]) -> Iterator[str]:
    """Yield what unittest, where it is called so, asks files for and pytest does not.

    ``args`` are the options of the call.
    """
    files = [it for it in paths if "test" in it and it.endswith(".py")]
    texts = (
        {it: disk.read(root / it) or b"" for it in files} if args[-len(ALONE) :] == ALONE else {}
    )
    for found, said in UNHEARD[: 1 if DOCTESTS in args else None]:
        names = ", ".join(it for it, text in texts.items() if found.search(text))
        if names:
            yield said.format(names)


def _calls(root: Path, top: Path) -> Iterator[Runner]:
    for place, lines in team_files.commands(root, top, ("unittest", ".py", "-m")):
        here = (it.words for it in lines if not it.folder)
        found = [(words, one) for words in here for one in _read(root, words)]
        if found:
            # A suite may run in parts, and all of them count.
            patterns = dict.fromkeys(it for _, (pattern, _) in found for it in pattern.split())
            paths = dict.fromkeys(it for _, (_, some) in found for it in some)
            # With a folder pytest would look for examples in whatever lies in it, and import that.
            are_files = all(some for _, (_, some) in found) and all(
                x.endswith(".py") for x in paths
            )
            docs = _doctests(root, (words for words, _ in found)) if are_files else ()
            yield Runner(
                words=found[0][0],
                pattern=" ".join(patterns),
                paths=(*paths, *docs) if all(some for _, (_, some) in found) else (),
                place=place.relative_to(top).as_posix(),
                doctests=docs,
            )


def _doctests(root: Path, commands: Iterable[Words]) -> tuple[str, ...]:
    """Return the files whose doctests the started programs add to their suites."""
    programs = filter(None, (own_programs.started(root, words) for words in commands))
    named = (
        own_programs.module(root, name)
        for it in programs
        for name in unittest_script.doctests(_text(root, it.path), it.path)
    )
    return tuple(dict.fromkeys(filter(None, named)))


def _text(root: Path, path: str) -> str:
    return (disk.read(root / path) or b"").decode("utf-8", "replace")


def _read(root: Path, words: Words) -> Iterator[_Found]:
    """Yield the pattern and the paths of each call in a command; none where it runs no unittest."""
    for at, pair in enumerate(pairwise(words)):
        if pair == ("-m", "unittest"):
            yield from _of_module(root, words[at + 2 :])
            return
    # A file that is started, and runs its own tests or others.
    program = own_programs.started(root, words)
    if program:
        text = _text(root, program.path)
        for asked in unittest_script.asked(text, program.path, program.args):
            yield from _of_module(root, asked)


def _of_module(root: Path, words: Words) -> Iterator[_Found]:
    if words[:1] == ("discover",) or not any(word[:1] != "-" for word in words):
        start, pattern, _ = _discovery(words[1:])
        if (root / start).is_dir():
            yield pattern, _searched(root, pattern) if start == "." else (start,)
        return
    named = (own_programs.module(root, word) for word in words if word[:1] != "-")
    paths = tuple(filter(None, named))
    if paths:
        yield " ".join(dict.fromkeys(it.rpartition("/")[2] for it in paths)), paths


def _searched(root: Path, pattern: str) -> Words:
    """Return where unittest finds tests from a folder on: in its files, and in packages."""
    packages = [it for it in sorted(root.iterdir()) if (it / "__init__.py").is_file()]
    found = [it for it in packages if next(it.rglob(pattern), None) is not None]
    return tuple(it.name for it in (*sorted(root.glob(pattern)), *found))


def _discovery(words: Words) -> tuple[str, str, str]:
    """Return where discovery starts, its pattern, and its top folder."""
    values = [".", PATTERN, ""]
    bare, last = 0, ""
    for word in words:
        option, is_given, value = word.partition("=")
        asked = next((n for n, names in enumerate(_NAMED) if option in names), None)
        by_last = next((n for n, names in enumerate(_NAMED) if last in names), None)
        if by_last is not None:
            values[by_last] = word
        elif asked is not None and is_given:
            values[asked] = value
        elif word[:1] != "-" and last not in _VALUED and bare < len(values):
            values[bare], bare = word, bare + 1
        last = word if not is_given else ""
    return values[0].removeprefix("./").rstrip("/") or ".", values[1], values[2]
