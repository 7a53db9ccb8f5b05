"""Matches paths with globs that mean what they mean in a `.gitignore`, everywhere in FirstTry.

``*`` stays within a folder and ``**`` crosses folders. A glob without a slash fits at any depth,
one with a slash counts from the project's root. A glob that fits a folder fits everything in it.
Of several globs the last that fits decides, and one that begins with ``!`` takes a path out.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def fit(path: str, *globs: str) -> bool:
    """Tell whether a path fits the globs; raises UsageError where one can't be read."""
    return bool(globs) and _spec(globs).match_file(path)


def exactly(path: str) -> str:
    """Return a glob that fits only this path and, where it is a folder, what is in it."""
    # A slash in front, because without any slash the glob would fit the name in every folder.
    return re.sub(r"(^[!#]|[\\*?[]|\s$)", r"\\\1", path if "/" in path else f"/{path}")


# Cached, because one set of globs is asked about every path of the tree.
@cache
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    # Imported late, because that takes longer than to look at a tree in which nothing changed.
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            # re warns that "[[" may get another meaning; globs spell a bracket as "[[]".
            warnings.simplefilter("ignore", FutureWarning)
            return GitIgnoreSpec.from_lines(globs)
    except (ValueError, re.error) as error:
        raise UsageError(f"{', '.join(globs)} can't be read as globs: {error}.") from error
