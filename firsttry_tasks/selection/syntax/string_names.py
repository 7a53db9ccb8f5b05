"""Finds names in text: in strings of the code, and in data files that tests read."""

import re
from collections.abc import Iterator

#: Letters of the longest string that may name something; longer ones are prose, but for what stands
#: in braces. A dotted path of a deep package fits. The figure is a judgement: a larger one would
#: make more words of messages count as names, and select more tests.
_LONGEST = 60
_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\Z")
_BRACES = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_NAME_ASCII = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# What is noted of strings stands in one set with plain names. So it begins with a character that no
# name can begin with.
#: Begins what a string says of a module or class: ``'conf.settings`` for ``"conf.settings"``.
QUOTED = "'"
#: Letters of a part of a name that is noted as a pattern. ``do_`` of `cmd.Cmd` is the shortest
#: prefix in common use; shorter ones would match half of all names.
_SHORTEST = 3
#: Begins the name of what a call is given.
PASSED = "("
#: Begins the name of what is called to make an object that is passed on.
MADE = "+"
#: Begins the original name of something that a function imports by itself.
LOCAL = "@"


def words(value: str) -> frozenset[str]:
    """Return the names that a string may stand for.

    They are ``name``, the parts of ``pkg.mod:name``, and what stands in braces (``{page.title}``).
    """
    # `"{page.title}".format(page=page)` asks for `title` as code would, however long the text is.
    found = {name for group in _BRACES.findall(value) for name in _NAME.findall(group)}
    if len(value) > _LONGEST:
        return frozenset(found)
    if not _WORD.match(value):
        return frozenset(found.union(re.split("[.:]", value) if _DOTTED.match(value) else ()))
    return frozenset(found | {value})


def parts(value: str) -> frozenset[str]:
    """Return how names are noted that begin or end with a string: ``visit_*`` for ``visit_``."""
    if len(value) > _LONGEST or not _WORD.match(value):
        return frozenset()
    # Only beside an underscore are names put together from words.
    begins = {f"{value}*"} if value.endswith("_") else set()
    return frozenset(begins | ({f"*{value}"} if value.startswith("_") else set()))


def every(value: str) -> frozenset[str]:
    """Return all names in a string, as one that is going to be split into them."""
    return frozenset(_NAME.findall(value))


def quoted(value: object) -> str:
    """Return how a string is noted that may be the whole name of a module or class, "" if not."""
    if (
        not isinstance(value, str)
        or len(value) > _LONGEST
        or not (_WORD.match(value) or _DOTTED.match(value))
    ):
        return ""
    return QUOTED + value.replace(":", ".")


def spelled(content: bytes) -> frozenset[str]:
    """Return all names in a file, be it text or not."""
    # Latin-1 decodes any bytes, so binary files need no care. It finds ASCII names only.
    return frozenset(_NAME_ASCII.findall(content.decode("latin-1")))


def patterns(name: str) -> Iterator[str]:
    """Yield how a string would be noted that is a part of the name: ``visit_*`` for visit_x."""
    # `getattr(self, "visit_" + kind)` refers to all these names and spells none of them. They are
    # cut at underscores only, as such strings are.
    for place, letter in enumerate(name):
        if letter == "_":
            head, tail = name[: place + 1], name[place:]
            if len(head) >= _SHORTEST:
                yield f"{head}*"
            if len(tail) >= _SHORTEST:
                yield f"*{tail}"
