"""Reads shell text: what its variables stand for, its simple commands, and where each runs."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Words = tuple[str, ...]


class Line(Struct, frozen=True, kw_only=True):
    """A command: its words, the folder in which it runs, and the variables set around it.

    The folder is seen from where the text's own file is read, "" is that itself; it may be a glob.
    """

    words: Words
    folder: str = ""
    env: dict[str, str] = {}


#: How make, just and a shell set a variable, and how they name one.
SET = re.compile(r"^[ ]*(?:export )?([A-Za-z_]\w*) *(?:[:?]?=) *(.*)$", re.MULTILINE)
USED = re.compile(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)|\{\{ *(\w+) *\}\}")
#: One with an end of its own, before a word: of `$NAME` no part is a variable.
GLUED = re.compile(r"(?:\$\(\w+\)|\$\{\w+\}|\{\{ *\w+ *\}\})(?=\w)")
#: A value of just's: texts and names, joined by plus signs.
JOINED = re.compile(r"""("[^"]*"|'[^']*'|\w+)( *\+ *("[^"]*"|'[^']*'|\w+))*""")


def expanded(text: str) -> str:
    """Return the text with the values of variables that it sets itself, each once.

    Of others only what is glued to the word after it goes: ``${PREFIX}ruff`` starts ruff.
    """
    text = text.replace("\\\n", " ")
    values: dict[str, set[str]] = {}
    for name, value in SET.findall(text):
        values.setdefault(name, set()).add(value.strip())
    known = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
    for _ in range(3):  # variables of variables of variables
        text = USED.sub(lambda it: _value(it, known), text)
    return GLUED.sub("", text)


def _value(used: re.Match[str], known: Mapping[str, str]) -> str:
    """Return what a variable stands for; the words themselves where that is not known."""
    value = known.get(next(filter(None, used.groups()), ""))
    # What a condition or a function gives is for its program to know.
    if value is None or set(value) & set("{}()`"):
        return used[0]
    if JOINED.fullmatch(value) and set(value) & set("\"'"):
        parts = re.findall(r""""[^"]*"|'[^']*'|\w+""", value)
        return "".join(
            it[1:-1] if it[0] in "\"'" else known.get(it, "").strip("\"'") for it in parts
        )
    return value


#: What a word holds that its own program has to know: a variable, or what a command prints.
UNKNOWN = re.compile(r"[$`]")
#: A variable that a loop sets, as a word of its own.
LOOPED = re.compile(r"\$\{?(\w+)\}?")
#: Words of a shell after which a command starts.
BEFORE = frozenset({"if", "then", "else", "do", "!"})


def shell(text: str) -> Iterator[Words]:
    """Yield the simple commands of shell text, each as its words."""
    yield from (line.words for line in lines(text))


def lines(text: str, folder: str = "") -> Iterator[Line]:
    """Yield the simple commands of shell text, each with the folder that ``cd`` led to.

    A loop over folders gives each command once for each of them.
    """
    # tox's {posargs:tests} stands for its default, as do its {env:NAME:x} and hatch's {args:tests}.
    text = re.sub(r"\{(?:(?:pos)?args|env:\w+):?([^{}]*)\}", r"\1", text)
    loops: dict[str, Words] = {}
    at: Words = (folder,)
    # Where one was before each loop and each pair of brackets that is open.
    outside: list[Words] = []
    for part in re.split(r"&&|\|\||[;|\n]", text.replace("\\\n", " ")):
        words, opens, closes = _words(part)
        outside += [at] * opens
        if words[:1] == ("for",) and words[2:3] == ("in",):
            loops[words[1]] = words[3:]
        moved = _moved(words, at, folder, loops)
        if words and not moved:
            yield from (Line(words=words, folder=it) for it in at)
        at = moved or at
        for _ in range(min(closes, len(outside))):
            at = outside.pop()


def _words(part: str) -> tuple[Words, int, int]:
    """Return the words of a simple command, and how many brackets or loops open and close here."""
    try:
        words = shlex.split(part, comments=True)
    except ValueError:  # a quotation mark that this line alone does not close
        words = part.split()
    opens, closes = 0, int(words[:1] == ["done"])
    while words and (words[0] in BEFORE or words[0].startswith("(")):
        opens += words[0] == "do" or words[0].startswith("(")
        words = [it for it in ("" if words[0] in BEFORE else words[0][1:], *words[1:]) if it]
    if words and words[-1].endswith(")") and not any("(" in it for it in words):
        closes += 1
        words = [it for it in (*words[:-1], words[-1][:-1]) if it]
    return tuple(words), opens, closes


def _moved(words: Words, at: Words, home: str, loops: Mapping[str, Words]) -> Words:
    """Return where a command leads the next ones; nothing where it leads nowhere."""
    if words[:1] not in {("cd",), ("pushd",), ("popd",)}:
        return ()
    target = words[1] if len(words) > 1 else "-"
    name = LOOPED.fullmatch(target)
    targets = loops.get(name[1], ()) if name else (target,)
    if target == "-" or not targets or any(map(UNKNOWN.search, targets)):
        # Back; or to a place that only the shell knows.
        return (home,)
    return tuple(joined(it, to) for it in at for to in targets)


def joined(folder: str, to: str) -> str:
    """Return the folder that ``to`` is, seen from another one; "" for where all begins."""
    found = os.path.normpath(f"{folder or '.'}/{to}") if not to.startswith("/") else to
    return "" if found == "." else found


def of_make(text: str) -> Iterator[Line]:
    """Return the commands of a Makefile: its recipes, and what its variables stand for."""
    # Two dollars are one for the shell.
    for line in expanded(text.replace("$$", "$")).splitlines():
        _, is_variable, value = line.partition("=")
        if line.startswith("\t"):
            yield from lines(line.lstrip("\t @-+"))
        elif is_variable:
            yield from lines(value)
        # `test: ready ; pytest` has its recipe on the line of the rule.
        elif ";" in line:
            yield from lines(line.partition(";")[2])


def of_just(text: str) -> Iterator[Line]:
    """Return the commands of a justfile: the indented lines."""
    for line in expanded(text).splitlines():
        if line[:1].isspace():
            yield from lines(line.strip().lstrip("@-"))


def of_shell(text: str) -> Iterator[Line]:
    """Return the commands of a shell script."""
    yield from lines(expanded(text))
