"""Who owns a test, by the repository's CODEOWNERS: the last line that fits decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import globs
from firsttry_tasks.model.errors import UsageError

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
            rules.append((_globs(pattern), " ".join(owners)))
    rules.reverse()

    def owner(nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((owners for patterns, owners in rules if _fits(path, patterns)), "")

    return owner


def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    try:
        return globs.fit(path, *patterns)
    except UsageError:
        return False  # GitHub leaves out a line that it can't read


def _globs(pattern: str) -> tuple[str, ...]:
    """Return a pattern of CODEOWNERS as globs: all is as in a `.gitignore`, but for one thing.

    `docs/*` takes the files of docs alone; any other pattern takes a folder with all it holds.
    """
    alone = pattern.endswith("/*") and not pattern.endswith("**/*")
    return (pattern, f"!{pattern}/**") if alone else (pattern,)
