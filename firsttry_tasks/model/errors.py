"""Errors that a user can mend: the message is one sentence that says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class FirstTryError(Exception):
    """Something that a user can mend; ``str()`` of it is the sentence that they read."""

    #: Not 1, which says that a gate is red: CI must tell "the code is wrong" from "no answer".
    exit_code = 2


class UsageError(FirstTryError):
    """The configuration is wrong, or a command is used in a wrong way."""

    exit_code = 3


def nearest(word: str, known: Iterable[str], most: int = 3) -> str:
    """Return ``" Did you mean warm?"`` with the known words that are nearest, "" for none."""
    # Imported late: most runs meet no mistake.
    from difflib import get_close_matches

    # By small letters: a word that differs in its case alone is the nearest there is.
    small = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), small, n=most, cutoff=0.6)
    return f" Did you mean {' or '.join(small[it] for it in found)}?" if found else ""
