"""Says in a sentence what is wrong with a setting: its key, what it wants, and what is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How msgspec tells of a value of a wrong kind, or beyond a limit, and at which key.
_WANTED = re.compile(
    r"Expected `(?P<wanted>[^`]*)`(?: (?P<limit>[<>]=?) (?P<number>[\d.]+))?"
    r"(?:, got `(?P<got>[^`]*)`)?(?: - at `\$\.(?P<key>[^`]+)`)?"
)
#: How it tells of a key that is not known, and in which table that was.
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]*)`(?: - at `\$\.(?P<table>[\w.]+)`)?")
#: How it tells of a word that is none of those that may stand there.
_NO_WORD = re.compile(r"Invalid enum value '(?P<word>[^']*)'(?: - at `\$\.(?P<key>[^`\[]+))?")
KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
#: How many letters of a value are shown.
LONG = 60
LIMITS = {"<=": "of at most", ">=": "of at least", "<": "below", ">": "above"}


def sentence(error: str, table: Mapping[str, object]) -> str:
    """Return what is wrong in words of the file; the error as it is where it is another one."""
    unknown, no_word, wanted = (it.search(error) for it in (_UNKNOWN, _NO_WORD, _WANTED))
    if unknown:
        inside = f" in {unknown['table']}" if unknown["table"] else ""
        return f"there is no key `{unknown['key']}`{inside}."
    if no_word:
        return f"{no_word['key'] or 'it'} can't hold {no_word['word']!r}."
    if wanted is None or not wanted["key"]:
        return f"{error}."
    key = re.sub(r"\[.*", "", wanted["key"])
    each = "each value of " if "[" in wanted["key"] else ""
    kinds = (KINDS.get(it.strip()) for it in wanted["wanted"].split("|"))
    what = " or ".join(it for it in kinds if it) or f"`{wanted['wanted']}`"
    limit = f" {LIMITS[wanted['limit']]} {wanted['number']}" if wanted["limit"] else ""
    return f"{each}{key} wants {what}{limit}, and {_shown(table, key)} stands there."


def _shown(table: Mapping[str, object], key: str) -> str:
    """Return what stands at a key, as the file may have it."""
    value: object = table
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONG else f"{text[:LONG]}..."
