"""Asks git what is changed here, against each commit that people mean by "before"."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.parity import before
from firsttry_tasks.system import git, working_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: What is changed by the names of the commits: what is not committed, and the last commit.
HEAD, LAST = "HEAD", "the last commit but one"


def changes(
    top: Path,
    prefix: str,
    main: str,
    now: Mapping[str, str],
    readable: Callable[[dict[str, str]], dict[str, str]],
) -> dict[str, before.Change]:
    """Return what is not committed, what this branch changes, and the last commit, by their names.

    ``now`` is the tree that the tests read, and ``readable`` leaves out what they don't. A commit
    that is not there has no name.
    """
    commits = {HEAD: "HEAD"}
    with suppress(FirstTryError):
        base = git.line(top, main).base
        commits[f"{main}, {base[:12]}"] = base
    commits[LAST] = "HEAD~1"
    found = {}
    for since, commit in commits.items():
        with suppress(FirstTryError):
            entries = readable(working_tree.placed(git.files(top, commit), prefix))
            # No recorded tree has it (see Project.entries): with it here, each would differ.
            entries.pop(flaky_memory.FILE, None)
            found[since] = before.change(since, now, entries)
    return found
