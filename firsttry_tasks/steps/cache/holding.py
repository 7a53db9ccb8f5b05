"""Keep the archive that was restored last, from which deltas lead to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

#: The end of a held archive's name; the digest stands before it.
END = ".tar.zst"


def held(root: Path) -> str:
    """Return the sha256 by which the held archive is known; "" where none is held."""
    # The digest is the file's name, so one file tells both, and they can't disagree.
    names = [path.name for path in sorted((root / state_paths.HELD).glob(f"*{END}"))]
    return names[0].removesuffix(END) if names else ""


def read(root: Path) -> bytes:
    """Return the held archive's bytes, none where none is held."""
    return disk.read(root / state_paths.HELD / f"{held(root)}{END}") or b""


def hold(root: Path, sha256: str, packed: bytes) -> None:
    """Keep this archive in place of the one held before."""
    # One is enough: deltas lead from a box to later ones, and it takes some megabytes.
    disk.write(disk.fresh_folder(root / state_paths.HELD) / f"{sha256}{END}", packed)
