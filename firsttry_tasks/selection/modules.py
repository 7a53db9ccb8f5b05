"""The modules of a session: who imports whom, as bit masks."""

from collections.abc import Iterable, Mapping

from firsttry_tasks.selection.learned import Session
from firsttry_tasks.selection.piece import Piece


class Modules:
    """Paths of the repository's modules, each a bit, and the closure over their imports."""

    def __init__(self, session: Session, sources: Mapping[str, tuple[Piece, ...]]) -> None:
        """Read the imports of the session's modules."""
        self.session = session
        self.sources = sources
        self.paths = sorted(sources)
        self.bit = {path: 1 << number for number, path in enumerate(self.paths)}
        self.names: dict[str, list[str]] = {}
        for name, path in session.modules.items():
            self.names.setdefault(path, []).append(name)
        self.classes = self._classes()
        self._foreign: dict[str, frozenset[str]] = {}
        self._handles: dict[str, frozenset[str]] = {}
        self.closure = self._close(self._edges())

    def mask(self, paths: Iterable[str]) -> int:
        """Return these modules and all they import."""
        found = 0
        for path in paths:
            found |= self.closure.get(path, 0)
        return found

    def imported(self, path: str, imports: Iterable[str]) -> set[str]:
        """Paths of the modules that a file's import strings load, packages on the way included."""
        found: set[str] = set()
        for name in self.absolute(path, imports):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                known = self.session.modules.get(".".join(parts[:end]))
                if known is not None:
                    found.add(known)
        return found

    def absolute(self, path: str, imports: Iterable[str]) -> set[str]:
        """Import strings with their leading dots resolved."""
        found: set[str] = set()
        for name in imports:
            level = len(name) - len(name.lstrip("."))
            if not level:
                found.add(name)
                continue
            for own in self.names.get(path, ()):
                parts = own.split(".")
                package = parts if path.endswith("__init__.py") else parts[:-1]
                base = package[: len(package) - level + 1]
                found.add(".".join([*base, name[level:]]).strip("."))
        return found

    def foreign(self, path: str) -> frozenset[str]:
        """Names that a file imports from outside the repository."""
        if path not in self._foreign:
            found: set[str] = set()
            for piece in self.sources.get(path, ()):
                if piece.imports and not piece.body and not self.imported(path, piece.imports):
                    found |= piece.binds
            self._foreign[path] = frozenset(found)
        return self._foreign[path]

    def handles(self, path: str) -> frozenset[str]:
        """Names that stand for modules of the repository."""
        if path not in self._handles:
            found: set[str] = set()
            for piece in self.sources.get(path, ()):
                if piece.imports and not piece.body:
                    longest = max(self.absolute(path, piece.imports), key=len, default="")
                    if longest in self.session.modules:
                        found |= piece.binds
            self._handles[path] = frozenset(found)
        return self._handles[path]

    def _classes(self) -> dict[str, list[tuple[str, Piece]]]:
        """Return the heads of classes by name."""
        found: dict[str, list[tuple[str, Piece]]] = {}
        for path, pieces in self.sources.items():
            for piece in pieces:
                if piece.is_class:
                    for name in piece.binds:
                        found.setdefault(name, []).append((path, piece))
        return found

    def _edges(self) -> dict[str, set[str]]:
        frames = self.session.frames
        edges: dict[str, set[str]] = {path: set() for path in self.paths}
        for path, pieces in self.sources.items():
            static = {name for piece in pieces if not piece.body for name in piece.imports}
            edges[path] |= self.imported(path, static)
        for frame in frames:
            if frame.kind == "import" and frame.name in edges:
                edges[frame.name] |= {
                    frames[n].name for n in frame.used if frames[n].kind == "import"
                }
                named = (self.session.facts[n] for n in frame.facts)
                dynamic = [name for kind, name in named if kind == "module"]
                edges[frame.name] |= self.imported(frame.name, dynamic)
        return edges

    def _close(self, edges: Mapping[str, set[str]]) -> dict[str, int]:
        """Warshall's closure would be cubic; few rounds over the edges are enough in practice."""
        masks = {path: self.bit[path] for path in self.paths}
        moving = True
        while moving:
            moving = False
            for path in self.paths:
                mask = masks[path]
                for other in edges[path]:
                    mask |= masks.get(other, 0)
                if mask != masks[path]:
                    masks[path] = mask
                    moving = True
        return masks
