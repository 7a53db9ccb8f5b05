"""Globs of paths, as git reads them in a `.gitignore`: one meaning wherever a path is asked for.

``*`` stays within a folder and ``**`` crosses folders; a glob without a slash fits at any depth,
one with a slash is meant from the project's root; what fits a folder fits all in it; of several
globs the last that fits decides, and one that begins with ``!`` takes out.
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
    """Tell whether a path fits globs; raises UsageError where one of them is none."""
    return bool(globs) and _spec(globs).match_file(path)


def exactly(path: str) -> str:
    """Return a glob that only this path fits, and what is in it."""
    return re.sub(r"(^[!#]|[\\*?[]|\s$)", r"\\\1", path if "/" in path else f"/{path}")


@cache
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    # Late: to import it takes longer than to look at a tree in which nothing changed.
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            # re fears for what "[[]" may mean some day; it is how globs spell a bracket.
            warnings.simplefilter("ignore", FutureWarning)
            return GitIgnoreSpec.from_lines(globs)
    except (ValueError, re.error) as error:
        raise UsageError(f"{', '.join(globs)} can't be read as globs: {error}.") from error
