"""The archive that was restored last: the next box may be told by deltas from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

END = ".tar.zst"


def held(root: Path) -> str:
    """Return the sha256 that the index entry of the held archive gave it; "" where none is held."""
    names = [path.name for path in sorted((root / state_paths.HELD).glob(f"*{END}"))]
    return names[0].removesuffix(END) if names else ""


def read(root: Path) -> bytes:
    """Return the held archive."""
    return disk.read(root / state_paths.HELD / f"{held(root)}{END}") or b""


def hold(root: Path, sha256: str, packed: bytes) -> None:
    """Hold this archive, and no other any more."""
    disk.write(disk.fresh_folder(root / state_paths.HELD) / f"{sha256}{END}", packed)
