"""What can go wrong in the user's world, each as one sentence that says what to do next."""

from __future__ import annotations


class FirstTryError(Exception):
    """Something a person can mend; ``str()`` of it is the sentence they read."""

    exit_code = 2


class UsageError(FirstTryError):
    """Wrong configuration or wrong use of a command."""

    exit_code = 3
