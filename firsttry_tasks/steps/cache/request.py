"""What the last warm run asked the store, so that the next one need not ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path


class CacheRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The last question of a warm run to the store: HEAD, main's commit behind it, the outcome."""

    head: str
    base: str
    said: str = ""


def settled(root: Path, head: str) -> bool:
    """Tell whether a warm run need not ask the store: there is state, and HEAD did not move."""
    asked = disk.read_own(root / state_paths.ASKED, CacheRequest)
    return (
        asked is not None
        and asked.head == head
        # A swap that was interrupted has to be finished first.
        and not (root / state_paths.STAGING).exists()
        and (root / state_paths.DB).exists()
    )
