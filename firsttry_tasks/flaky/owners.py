"""Finds the owners of a test in the repository's CODEOWNERS: the last line that fits decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import globs
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where GitHub looks for it, in this order.
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def reader(text: str) -> Callable[[str], str]:
    """Return a function from a node id to its owners, "" where nobody is named.

    ``text`` is the content of a CODEOWNERS file.
    """
    rules = []
    for line in text.splitlines():
        pattern, *owners = line.partition("#")[0].split() or [""]
        # A line without owners counts: on GitHub it takes its paths from the owners named above.
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
        # GitHub leaves out a line that it can't read, and so do we: no run may stop for it.
        return False


def _globs(pattern: str) -> tuple[str, ...]:
    """Return the globs that mean what a pattern of CODEOWNERS means.

    It means the same as in a `.gitignore`, but that `docs/*` takes only the files right in docs.
    """
    # The second glob takes out again what lies deeper.
    alone = pattern.endswith("/*") and not pattern.endswith("**/*")
    return (pattern, f"!{pattern}/**") if alone else (pattern,)
