"""Names that are spelled in text: in strings of the code, and in files that tests read."""

import re

#: Longer strings are prose, but for what stands in braces.
_LONGEST = 60
_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\Z")
_BRACES = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_NAME_ASCII = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: Begins what a string says of a module or class: ``'conf.settings`` for ``"conf.settings"``.
QUOTED = "'"
#: Begins the name of what a call is given.
PASSED = "("
#: Begins the name at home of what a function imports by itself.
LOCAL = "@"


def words(value: str) -> frozenset[str]:
    """Return the names that a string may stand for.

    They are ``name``, the parts of ``pkg.mod:name``, and what stands in braces (``{page.title}``).
    """
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
    begins = {f"{value}*"} if value.endswith("_") else set()
    return frozenset(begins | ({f"*{value}"} if value.startswith("_") else set()))


def every(value: str) -> frozenset[str]:
    """Return all names in a string that is going to be split into them."""
    return frozenset(_NAME.findall(value))


def quoted(value: object) -> str:
    """Return how a string is noted that may be the whole name of a module or class, or ""."""
    if (
        not isinstance(value, str)
        or len(value) > _LONGEST
        or not (_WORD.match(value) or _DOTTED.match(value))
    ):
        return ""
    return QUOTED + value.replace(":", ".")


def spelled(content: bytes) -> frozenset[str]:
    """Return all names in a file, be it text or not."""
    return frozenset(_NAME_ASCII.findall(content.decode("latin-1")))
