"""Variables of the environment, by the digests of what they say."""

import re
from collections.abc import Mapping
from hashlib import blake2b

ALL = "*"  # stands for all variables, where they are walked through
_SHELL = re.compile(
    r"_|OLDPWD|PWD|SHLVL|TERM\w*|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|SSH_\w*|XDG_\w*|LS_COLORS"
    r"|HOSTNAME|LOGNAME|MAIL|PS1|PYTHONPATH|GITHUB_\w*|RUNNER_\w*|(?:PYTEST|FIRSTTRY|COVERAGE|TESTMON)_\w*"
)  # differs from shell to shell without meaning


def variable(name: str, environment: Mapping[str, str], root: str) -> str:
    """Return the digest of a variable, or of all that mean something.

    Where the project lies, ``root``, is left out of values: it is another place in each checkout.
    """
    if name in environment:
        return digest(environment[name].replace(root, "."))
    if name != ALL:
        return ""
    named = (pair for pair in environment.items() if not _SHELL.fullmatch(pair[0]))
    return digest(sorted((key, value.replace(root, ".")) for key, value in named))


def digest(value: object) -> str:
    """Return a value's digest: secrets of the environment stay out of what is written."""
    if value is None:
        return ""
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=8).hexdigest()
