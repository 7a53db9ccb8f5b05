"""Computes digests of environment variables, so that a later run can tell whether they changed."""

import re
from collections.abc import Mapping
from hashlib import blake2b

from firsttry_tasks.recorder.replaced.environment import ALL

#: Variables that name or count one session: its terminal and window, its place, its login, the run
#: of a CI job. They differ between two runs of the same commit by the same person. They are left
#: out of "all variables" only: code that reads one by its name depends on it.
_SESSION = re.compile(
    r"_|OLDPWD|PWD|SHLVL|TERM_\w*|COLUMNS|LINES|WINDOWID|SSH_\w*|XDG_(?:SESSION_\w*|RUNTIME_DIR|VTNR|SEAT)"
    r"|PS1|PYTHONPATH|GITHUB_\w*|RUNNER_\w*|(?:PYTEST|FIRSTTRY|COVERAGE|TESTMON)_\w*"
)


def variable(name: str, environment: Mapping[str, str], root: str, key: bytes) -> str:
    """Return the digest of a variable's value under ``key``, "" for one that is not set.

    For the name `ALL`, it is the digest of all variables but those of the session. ``root`` is the
    absolute path of the project. Digests of two machines differ, as their keys do.
    """
    found = value(name, environment, root)
    if found is None:
        return ""
    # With the name, so that nobody sees that two variables have the same value. What is no text in
    # the environment comes as lone surrogates, which strict UTF-8 refuses.
    text = f"{name}\0{found}".encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8, key=key).hexdigest()


def value(name: str, environment: Mapping[str, str], root: str) -> str | None:
    """Return what a digest of a variable stands for, None for one that is not set."""
    # A value that holds the project's own path is another one in each checkout, and would make
    # what one clone has recorded useless in the others.
    if name in environment:
        return environment[name].replace(root, ".")
    if name != ALL:
        return None
    # Sorted, because the order in which variables were set says nothing.
    named = (pair for pair in environment.items() if not is_of_session(pair[0]))
    return str(sorted((key, value.replace(root, ".")) for key, value in named))


def is_of_session(name: str) -> bool:
    """Tell whether a variable only says which terminal or which run of a job this is."""
    return _SESSION.fullmatch(name) is not None
