"""Finds the folders of a project from which Python imports, so that a copy takes their place."""

from __future__ import annotations

import sys
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def import_roots(root: Path) -> Iterator[str]:
    """Yield the folders of a project, relative to it, from which Python imports.

    An editable installation leads into this working tree; in a tree elsewhere the same folders
    come first.
    """
    places = [Path(entry).resolve() for entry in sys.path if entry]
    for installed in metadata.distributions():
        names = (installed.read_text("top_level.txt") or "").split()
        if names and "editable" in (installed.read_text("direct_url.json") or ""):
            specs = (util.find_spec(name) for name in names)
            places += [Path(it.origin).resolve().parent for it in specs if it and it.origin]
            # A package's file is one folder deeper than what it is imported from.
            places += [place.parent for place in places if (place / "__init__.py").exists()]
    for place in places:
        inside = place.is_relative_to(root) and "site-packages" not in place.parts
        if inside and not (place / "__init__.py").exists():
            yield place.relative_to(root).as_posix()
