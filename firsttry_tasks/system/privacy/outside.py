"""Names files outside of the project so that a record of them tells nothing of this machine.

A record travels in golden caches. Where the file lies it tells by roles that every machine has: a
neighbour in the repository, a place that Python imports from, a folder above the project, the
user's home. Any other file gets a name that only this machine can resolve; elsewhere a test that
looked at such a file runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import GIT
from firsttry_tasks.system import file_state

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What the name of a file without a role begins with; a keyed digest of its path follows. This and
#: the next two begin as no path of a file in the project does.
HIDDEN = "/@"
HOME = "/~"
#: What the name of a file begins with that lies where Python imports from, as an editable
#: installation; the place's number follows.
IMPORTS = "/+"
_IMPORTED = re.compile(rf"^{re.escape(IMPORTS)}\d+/")
#: Stands between the names of a file that has two roles, as one in a home above the project. All
#: of them have to be as they were: elsewhere they are different files.
AND = "\t"
#: The digest of a file that can't be found here, and of one whose roles disagree: no file has it.
UNKNOWN = "?"


class Outside:
    """The names of files outside of one project, on this machine."""

    def __init__(self, root: Path, top: Path, key: bytes, known: Mapping[str, str]) -> None:
        """Take the project, the top of its repository, and paths by the names that hide them."""
        self._root, self._top = str(root), str(top)
        self._key = key
        self._known = dict(known)
        self._home = _home()
        self._places = _places(self._root, self._top, self._home)
        self._private = frozenset({os.environ.get("USER", ""), Path(self._home).name}) - {""}

    def name(self, path: str) -> str:
        """Return the name of an absolute path, and remember what it hides."""
        near = os.path.relpath(path, self._root)
        if path == self._top or path.startswith(f"{self._top}/"):
            return near
        for number, place in enumerate(self._places):
            if path.startswith(f"{place}/"):
                return f"{IMPORTS}{number}{path[len(place) :]}"
        roles = (role for role in self._roles(path, near) if self._tells_nothing(role))
        if name := AND.join(roles):
            return name
        raw = path.encode("utf-8", "surrogateescape")
        hidden = f"{HIDDEN}{blake2b(raw, digest_size=8, key=self._key).hexdigest()}"
        self._known[hidden] = path
        return hidden

    def _tells_nothing(self, role: str) -> bool:
        return self._private.isdisjoint(role.split("/"))

    def _roles(self, path: str, near: str) -> list[str]:
        # Right in a folder above: what looks for a file "upwards" asks for these.
        roles = [near] if near.rpartition("/")[0].replace("../", "") in {"", ".."} else []
        if self._home and (path == self._home or path.startswith(f"{self._home}/")):
            roles.append(HOME + path[len(self._home) :])
        return roles

    def shown(self, name: str) -> str:
        """Return the name for a person: the path where it is known here."""
        if not name.startswith(HIDDEN):
            first = name.partition(AND)[0]
            # As people write them.
            return first.removeprefix("/") if first.startswith(HOME) else _IMPORTED.sub("", first)
        return self._known.get(name, "a file outside of the repository of another machine")

    def content(self, name: str) -> str:
        """Return the digest of a file as it is now, "" where there is none."""
        found = {self._content(one) for one in name.split(AND)}
        return found.pop() if len(found) == 1 else UNKNOWN

    def _content(self, name: str) -> str:
        place = self.path(name)
        if place is None:
            return UNKNOWN
        if name.endswith("/"):
            return file_state.listing(place)
        known = file_state.references if name == GIT and place.is_dir() else file_state.content
        return known(place)

    def path(self, name: str) -> Path | None:
        """Return where the first role of a name leads to here; None where nobody knows."""
        first = name.partition(AND)[0]
        if first.startswith(HIDDEN):
            known = self._known.get(first)
            return Path(known) if known else None
        if first.startswith(IMPORTS):
            number, _, rest = first[len(IMPORTS) :].partition("/")
            here = dict(enumerate(self._places)).get(int(number)) if number.isdecimal() else None
            return Path(here) / rest if here else None
        if first == HOME or first.startswith(f"{HOME}/"):
            return Path(self._home + first[len(HOME) :])
        return Path(self._root) / first

    def hidden(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return the paths of those names that only this machine can resolve."""
        return {name: self._known[name] for name in sorted(names) if name in self._known}


def passing(path: str) -> bool:
    """Tell whether a path lies in the folder for temporary files, which no two runs share."""
    temporary = os.path.realpath(tempfile.gettempdir())
    return any(path.startswith(f"{folder}/") for folder in {temporary, tempfile.gettempdir()})


def _places(root: str, top: str, home: str) -> tuple[str, ...]:
    """Return the places that Python imports from, but for its own and the project's."""
    own = tuple(f"{os.path.realpath(it)}/" for it in (sys.prefix, sys.base_prefix, top))
    # A place above the project or the home holds much that nobody imports.
    below = tuple(f"{os.path.realpath(it)}/" for it in (root, home) if it)
    found = (it for it in sys.path if it.startswith("/") and Path(it).is_dir())
    return tuple(
        place
        for place in dict.fromkeys(found)
        if not f"{os.path.realpath(place)}/".startswith(own)
        and not any(it.startswith(f"{os.path.realpath(place)}/") for it in below)
    )


def _home() -> str:
    with contextlib.suppress(RuntimeError):
        return str(Path.home())
    return ""
