"""Says when looking at what tests leave has taken enough of their time."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Allowance:
    """Parts of the time of the process that some work may take, and seconds that it always may."""

    def __init__(self, shares: Mapping[str, float], free: float) -> None:
        """Begin now; ``shares`` are the parts, by the names of the work."""
        self._shares, self._free = shares, free
        self.begin()

    def begin(self) -> None:
        """Begin anew: what was taken so far is no matter."""
        self._spent = dict.fromkeys(self._shares, 0.0)
        self._began = time.process_time()

    def covers(self, work: str) -> bool:
        """Tell whether this work may be done now."""
        passed = time.process_time() - self._began
        return self._spent[work] <= self._free + self._shares[work] * passed

    @contextlib.contextmanager
    def taken(self, work: str) -> Iterator[None]:
        """Count the time of the block as this work's."""
        started = time.process_time()
        try:
            yield
        finally:
            self._spent[work] += time.process_time() - started
