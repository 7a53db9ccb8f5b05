"""Shows of a namespace what came to it, so that what was there at first is nobody's doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Added(Mapping[str, object]):
    """What a namespace holds besides what it held at first."""

    def __init__(self, own: Mapping[str, object]) -> None:
        """Begin with what is there now."""
        self._own, self._first = own, frozenset(own)

    def __getitem__(self, key: str) -> object:
        """Return what stands there under a name."""
        return self._own[key]

    def __iter__(self) -> Iterator[str]:
        """Walk through the names that came."""
        return (key for key in tuple(self._own) if key not in self._first)

    def __len__(self) -> int:
        """Return how many came."""
        return sum(1 for _ in self)
