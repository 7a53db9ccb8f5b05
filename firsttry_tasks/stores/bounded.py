"""Bound the time that a store may take: a commit hook must not wait for a network."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from firsttry_tasks.stores import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores import Store

T = TypeVar("T")


class BoundedStore:
    """Passes requests on to another store, whose answers together may take so many seconds."""

    def __init__(self, store: Store, seconds: float) -> None:
        """Begin to count now, not at the first request."""
        self._store = store
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def entries(self) -> tuple[Stored, ...]:
        """Return all files; StoreError where the time is up."""
        return self._within(self._store.entries)

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file; StoreError where the time is up."""
        return self._within(partial(self._store.get, key, most))

    def put(self, key: str, data: bytes) -> None:
        """Write a file, without a bound: to give up half-way would save nothing."""
        self._store.put(key, data)

    def delete(self, key: str) -> None:
        """Remove a file."""
        self._store.delete(key)

    def _within(self, call: Callable[[], T]) -> T:
        answers: list[T | StoreError] = []

        def ask() -> None:
            try:
                answers.append(call())
            except StoreError as error:
                # Carried over to the thread that waits; raised here it would only be printed.
                answers.append(error)

        # A daemon: an answer that nobody waits for any more does not hold up the end of the run.
        # A thread, because requests of gh and of obstore have time-outs of their own for each part
        # and several parts, and none of them bounds the whole.
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(max(0.0, self._deadline - time.monotonic()))
        if not answers:
            raise StoreError(f"The store did not answer within {self._seconds:g} s.")
        if isinstance(answers[0], StoreError):
            raise answers[0]
        return answers[0]
