"""Errors that a user can mend: the message is one sentence that says what to do next."""

from __future__ import annotations


class FirstTryError(Exception):
    """Something that a user can mend; ``str()`` of it is the sentence that they read."""

    #: Not 1, which says that a gate is red: CI must tell "the code is wrong" from "no answer".
    exit_code = 2


class UsageError(FirstTryError):
    """The configuration is wrong, or a command is used in a wrong way."""

    exit_code = 3
