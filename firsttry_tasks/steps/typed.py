"""What was typed: doit's variables on the command line, and the folder in which ft was called."""

from __future__ import annotations

#: doit's variable by which ft says in which folder of the project it was typed.
TYPED_IN = "typed_in"


def asked(variable: str) -> bool:
    """Tell whether a variable such as ``record=1`` stands on doit's command line."""
    # doit fills its variables from the command line just before the tasks are made.
    from doit import get_var

    return str(get_var(variable) or "0") != "0"


def value(variable: str) -> str:
    """Return what a variable such as ``shard=2/3`` says on doit's command line, "" if nothing."""
    from doit import get_var

    return str(get_var(variable) or "")


def typed_in() -> str:
    """Return the folder in which the command was typed, relative to the project's, "" for that."""
    return value(TYPED_IN)
