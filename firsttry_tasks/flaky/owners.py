"""Who owns a test, by the repository's CODEOWNERS: the last line that fits decides."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where GitHub looks for it, in this order.
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def reader(text: str) -> Callable[[str], str]:
    """Return a function from node id to its owners, "" where nobody is named."""
    rules = []
    for line in text.splitlines():
        pattern, *owners = line.partition("#")[0].split() or [""]
        if pattern:
            rules.append((_pattern(pattern), " ".join(owners)))
    rules.reverse()

    def owner(nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((owners for fits, owners in rules if fits.fullmatch(path)), "")

    return owner


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """Translate a gitignore pattern, as CODEOWNERS uses them, for whole paths."""
    anchored = "/" in pattern.rstrip("/")
    body = "".join(_piece(part) for part in re.split(r"(\*\*/?|\*|\?)", pattern.strip("/")))
    # `docs/*` takes the files of docs alone; any other pattern takes a folder with all it holds.
    deep = "" if pattern.endswith("/*") else "(?:/.*)?" if pattern[-1] != "/" else "/.*"
    return re.compile(("" if anchored else "(?:.*/)?") + body + deep)


def _piece(part: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return known.get(part, re.escape(part))
