"""Puts text that others wrote into Markdown, where it stays text."""

from __future__ import annotations

import re
from urllib.parse import quote

from firsttry_tasks.reporting.console import harmless

#: Letters that Markdown, HTML or GitHub read as more than letters.
MARKS = re.compile(r"[\\`*_{}\[\]<>()#!|~&$^@]")
#: What GitHub makes a link of wherever it stands.
LINKED = re.compile(r"(?<=w)\.|:(?=//)", re.IGNORECASE)
#: A letter without width: behind it nobody is called by name, and no number is an issue's.
JOINER = "\N{WORD JOINER}"
#: How long a text may be. A judgement: a message of two lines, and a node id of any sane length.
MOST = 400


def one_line(text: str, most: int = MOST) -> str:
    """Return a text as one line, with the middle cut out of one that is too long."""
    line = " ".join(harmless(text).split())
    half = most // 2
    return line if len(line) <= most else f"{line[:half]} ... {line[-half:]}"


def code(text: str, most: int = MOST) -> str:
    """Return a text as code within a line: nothing in it is read as anything."""
    line = one_line(text, most) or "-"
    # The span ends at as many backticks as it begins with, so these are more than any inside.
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    gap = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{gap}{line}{gap}{fence}"


def cell(text: str) -> str:
    """Return a text as code within a table's cell."""
    # Cells are told apart before code is: there alone a bar has to be escaped.
    return code(text).replace("|", "\\|")


def plain(text: str) -> str:
    """Return a text as words among others."""
    escaped = MARKS.sub(lambda it: f"\\{it[0]}{JOINER if it[0] in '@#' else ''}", one_line(text))
    return LINKED.sub(lambda it: f"\\{it[0]}", escaped)


def link(shown: str, address: str) -> str:
    """Return a link around what is shown, where there is an address for it."""
    return f"[{shown}]({address})" if address else shown


def address(base: str, path: str, line: int | None = None) -> str:
    """Return the address of a file below a base, "" where one of them is none."""
    if not base or not path or path.startswith("/") or ".." in path.split("/"):
        return ""
    return f"{base}/{quote(path)}{f'#L{line}' if line else ''}"
