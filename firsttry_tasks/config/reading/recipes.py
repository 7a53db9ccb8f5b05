"""Tells which recipes of a Makefile or a justfile CI runs, and leaves out the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The head of a recipe: its names, for just also its parameters, and what it needs.
HEAD = re.compile(r"@?(?P<names>[^\s#:=][^#:=]*?) *::?(?!=)(?P<needs>[^=#;]*)(?:[;#].*)?")
#: What people run where no CI runs anything: by these names, or by none.
USUAL = frozenset({"test", "tests", "check", "lint"})
#: A recipe that starts another one.
AGAIN = re.compile(r"(?:\$[({]MAKE[)}]|\bmake\b|\bjust\b)(?P<words>[^;&|\n]*)")
#: What may be any recipe: a variable, or a value of a matrix.
UNKNOWN = re.compile(r"[${]")
#: A line that is no command.
COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)


class Recipe(Struct, frozen=True, kw_only=True):
    """A recipe: its names, the words of its needs, and the place of its lines in the text."""

    names: tuple[str, ...]
    needs: tuple[str, ...]
    lines: tuple[int, ...]


def called(text: str, program: str) -> tuple[tuple[str, ...], ...]:
    """Return the words after each mention of a program in the text of CI's files."""
    found = re.findall(rf"(?<![\w./-]){program}(?![\w./-])([^;&|\n]*)", COMMENT.sub("", text))
    return tuple(tuple(it.partition(" #")[0].split()) for it in found)


def run(text: str, calls: Iterable[tuple[str, ...]]) -> str:
    """Return the text without the recipes that no call runs, "" where nobody can tell.

    ``calls`` are the words that CI says after the program's name. Where they name no recipe of this
    text, those count that people run by their usual names.
    """
    lines = text.splitlines()
    known = tuple(_recipes(lines))
    names = {name for it in known for name in it.names}
    first = next((it.names[0] for it in known if it.names[0][:1] != "."), "")
    named = _named(calls, names, first)
    if named is None or not known:
        return ""
    kept = _closed(named or {*(USUAL & names), first}, known, lines)
    dropped = {at for it in known if not kept & set(it.names) for at in it.lines}
    return "\n".join("" if at in dropped else line for at, line in enumerate(lines))


def _recipes(lines: list[str]) -> Iterator[Recipe]:
    heads = [at for at, line in enumerate(lines) if HEAD.fullmatch(line)]
    for at, after in zip(heads, (*heads[1:], len(lines)), strict=True):
        head = HEAD.fullmatch(lines[at])
        own = (it for it in range(at + 1, after) if lines[it][:1].isspace())
        if head:
            names, needs = tuple(head["names"].split()), tuple(head["needs"].split())
            # `test: ready ; pytest` has its recipe on the line of the rule.
            yield Recipe(names=names, needs=needs, lines=(at, *own))


def _named(calls: Iterable[tuple[str, ...]], names: set[str], first: str) -> set[str] | None:
    """Return the recipes that calls name; None where one may name any."""
    found: set[str] = set()
    for words in calls:
        # Another folder has its own recipes.
        if any(it.startswith(("-C", "-f", "--directory", "--file")) for it in words):
            continue
        given = [it.strip("\"'") for it in words if it[:1] != "-" and "=" not in it]
        if any(map(UNKNOWN.search, given)):
            return None
        found |= set(given) & names if given else {first}
    return found


def _closed(named: set[str], known: tuple[Recipe, ...], lines: list[str]) -> set[str]:
    """Return the recipes with all that they need or start."""
    found, new = set(named), set(named)
    while new:
        parts = [it for it in known if new & set(it.names)]
        words = {word.strip("()") for it in parts for word in it.needs}
        text = "\n".join(lines[at] for it in parts for at in it.lines)
        words |= {word for it in AGAIN.finditer(text) for word in it["words"].split()}
        new = words & {name for it in known for name in it.names} - found
        found |= new
    return found
