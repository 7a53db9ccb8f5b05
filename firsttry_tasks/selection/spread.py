"""How far a changed statement reaches: the names it binds, and what is computed from them."""

import builtins
from collections.abc import Iterable, Iterator, Mapping

from firsttry_tasks.selection.chains import CALLED
from firsttry_tasks.selection.delta import Delta
from firsttry_tasks.selection.learned import Session
from firsttry_tasks.selection.modules import Modules
from firsttry_tasks.selection.piece import HOOKS, MAGIC, Piece

_ERRORS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)
_PLAIN_BASES = _ERRORS | {"object", "Generic", "ABC", "Protocol"}
_MILD_BASES = _PLAIN_BASES | {
    "NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"
}  # fmt: skip
_DEEPEST = 30
_SHORTEST = 3  # of a part of a name that says something


class Spread:
    """Changed names, each with the modules it comes from, and modules whose import changed."""

    def __init__(self, session: Session, modules: Modules) -> None:
        """Begin with nothing changed."""
        self.session = session
        self.modules = modules
        self.bare: dict[str, set[str]] = {}  # file -> names changed in its own namespace
        self.attrs: dict[str, int] = {}  # name -> mask of origins
        self.origins = 0
        self.members = 0  # the origins of members of classes among them
        self.effects: dict[str, str] = {}  # module -> why its import as a whole counts as changed
        self.unsafe: dict[str, str] = {}  # module -> why its import may fail now
        self.why: dict[str, str] = {}  # name -> the change it comes from
        self._gone: dict[str, int] = {}
        self._done: set[tuple[str, int]] = set()
        self._ran = _ran(session)
        self._named: dict[str, list[tuple[str, Piece]]] | None = None

    def change(self, path: str, delta: Delta) -> None:
        """Take in what changed in one file; `settle` carries it on."""
        old = self.modules.sources[path]
        for number in sorted(delta.statements):
            self._statement(path, old[number], number, f"{path} changed", changed=True)
        classes = {name for piece in delta.added if piece.is_class for name in piece.binds}
        new = classes - {name for piece in old if piece.is_class for name in piece.binds}
        for piece in delta.added:
            if piece.key.partition(".")[0] in new:
                continue  # nobody gets at the members of a class that nobody names
            self._statement(path, piece, -1, f"{path} changed", changed=True)
        for name in delta.removed:
            self._gone[name] = self._gone.get(name, 0) | self.modules.bit[path]

    def ran_at_import(self, units: Mapping[int, str]) -> None:
        """Functions that changed and ran while modules were imported."""
        for path, lines in self._ran.items():
            for number, ran in lines.items():
                for unit in ran & units.keys():
                    self._again(path, number, units[unit])

    def settle(self) -> None:
        """Carry changed names through module-level code until nothing is added."""
        size = -1
        while size != self._size():
            size = self._size()
            for path, pieces in self.modules.sources.items():
                self._pass(path, pieces)

    def hit(self, path: str, piece: Piece) -> tuple[int, str]:
        """Return the origins of the changed names that a piece refers to, and one of the names."""
        mask, name = 0, ""
        own = self.bare.get(path)
        if own and not own.isdisjoint(piece.names):
            name = min(own & piece.names)
            mask |= self.modules.bit.get(path, 0)
        for other in piece.attrs & self.attrs.keys():
            mask |= self.attrs[other]
            name = name or other
        for other in self._hints(path, piece) & ((own or set()) | self.attrs.keys()):
            mask |= self.attrs.get(other, 0)
            name = name or other
        if piece.mirror and own:
            mask |= self.modules.bit.get(path, 0)
            name = name or min(own)
        if piece.wild and self.origins:
            mask |= self.origins
            name = name or "any name"
        if piece.peeks and self.members:
            mask |= self.members
            name = name or "any member"
        return mask, name

    def _size(self) -> int:
        return len(self._done) + len(self.attrs) + len(self.effects)

    def _pass(self, path: str, pieces: tuple[Piece, ...]) -> None:
        reach = self.modules.closure[path]
        if not reach & self.origins:
            return
        ran = self._ran.get(path, {})
        for number, piece in enumerate(pieces):
            if piece.star:
                self._star(path, piece)
            if piece.body or (path, number) in self._done:
                continue
            mask, name = self.hit(path, piece)
            if not mask & reach:
                mask, name = self._hit_by_run(ran.get(number, ()))
            if mask & reach:
                self._again(path, number, self.why.get(name, f"{name} changed"))
                if piece.imports and self._lost(piece, reach):
                    self.effects.setdefault(path, f"a name it imports is gone: {name}")

    def _star(self, path: str, piece: Piece) -> None:
        """Hand on the changed names of a module whose every name is imported."""
        for source in self.modules.imported(path, piece.imports):
            names = self.bare.get(source, set()) - self.bare.get(path, set())
            for name in sorted(names):
                self._bind(path, "", name, self.why[name])
                if name == "__all__":
                    self.effects.setdefault(path, self.why[name])

    def _lost(self, piece: Piece, reach: int) -> bool:
        return any(self._gone.get(name, 0) & reach for name in piece.attrs)

    def _hit_by_run(self, units: Iterable[int]) -> tuple[int, str]:
        for unit in units:
            path, number = self.session.units[unit]
            if number >= 0 and path in self.modules.sources:
                mask, name = self.hit(path, self.modules.sources[path][number])
                if mask:
                    return mask, name
        return 0, ""

    def _again(self, path: str, number: int, why: str) -> None:
        """Take in a statement that didn't change itself, but runs to another result."""
        if (path, number) not in self._done:
            self._done.add((path, number))
            if number < 0:
                self.effects.setdefault(path, why)
            else:
                self._statement(path, self.modules.sources[path][number], number, why)

    def _statement(
        self, path: str, piece: Piece, number: int, why: str, *, changed: bool = False
    ) -> None:
        """Take in a statement that runs to another result, or is itself another."""
        if piece.body:
            return
        self._done.add((path, number))
        if piece.effect or (changed and _counts_whole(piece)):
            self.effects.setdefault(path, why)
        if piece.unsafe:
            self.unsafe.setdefault(path, why)
        names = set(piece.binds)
        if piece.unsafe:
            names |= {tip for _, tip in self._writes(path, piece)}
        for name in names - {""}:
            self._bind(path, piece.key, name, why)
        if piece.key and not self._unnoticed(path, piece):
            for name in piece.key.split("."):
                self._bind(path, "", name, why)
        for place, name in self._written(path, piece, number):
            self._bind(place, "", name, why)

    def _written(self, path: str, piece: Piece, number: int) -> Iterator[tuple[str, str]]:
        """Return what the functions that a statement calls may change besides."""
        for unit in self._ran.get(path, {}).get(number, ()):
            place, inner = self.session.units[unit]
            if inner >= 0 and place in self.modules.sources:
                yield from self._writes(place, self.modules.sources[place][inner])
        if number < 0 and piece.unsafe:
            for called in (piece.names | piece.attrs) - piece.imports:
                for place, body in self._bodies().get(called, ()):
                    yield from self._writes(place, body)

    def _writes(self, path: str, piece: Piece) -> Iterator[tuple[str, str]]:
        """Return what a piece may change, as far as it is the repository's."""
        for root, end in piece.writes:
            tip = end.removesuffix(CALLED)
            if not tip or root in self.modules.foreign(path):
                continue
            if tip != end and tip not in self._bodies():
                continue  # a builtin, or a method of what is built in
            if tip != root or tip not in self.modules.handles(path):
                yield path, tip

    def _hints(self, path: str, piece: Piece) -> frozenset[str]:
        """Return the annotations that somebody may look at: a dataclass asks for ClassVar only."""
        if not piece.hints:
            return piece.hints
        if piece.is_class:
            known = all(self._plain(path, name, mild=True) for name in piece.binds)
            return frozenset() if known else piece.hints
        if not piece.key or (piece.plain and self._plain(path, piece.key)):
            return frozenset()
        if self._plain(path, piece.key, mild=True) and self._is_standard(path):
            return piece.hints - self.modules.classes.keys()
        return piece.hints

    def _is_standard(self, path: str) -> bool:
        """Tell whether a file's dataclasses, if it has any, are those of the standard library."""
        loaded = {name for piece in self.modules.sources[path] for name in piece.imports}
        return "dataclasses" in loaded or not any(name.endswith("dataclass") for name in loaded)

    def _unnoticed(self, path: str, piece: Piece) -> bool:
        """Tell whether only those notice a member of a class who name it."""
        return (piece.plain and self._plain(path, piece.key)) or (
            piece.mild and self._plain(path, piece.key, mild=True)
        )

    def _plain(self, path: str, name: str, depth: int = 0, *, mild: bool = False) -> bool:
        """Tell whether a class ("": the module) takes no notice of its members, or its methods.

        It has no decorators, no metaclass and no bases from elsewhere that may look at them.
        """
        bases = _MILD_BASES if mild else _PLAIN_BASES
        if not name or (name in bases and name in self.modules.foreign(path)):
            return True
        known = self.modules.classes.get(name)
        if known is None or depth > _DEEPEST:
            return name in bases
        return all(
            (piece.mild if mild else piece.plain)
            and all(self._plain(place, base, depth + 1, mild=mild) for base in piece.bases)
            for place, piece in known
        )

    def _bodies(self) -> dict[str, list[tuple[str, Piece]]]:
        """Functions by name; constructors and hooks of classes also by the class's name."""
        if self._named is None:
            self._named = {}
            for path, pieces in self.modules.sources.items():
                for piece in pieces:
                    if piece.body:
                        *above, last = piece.key.split(".")
                        if MAGIC.fullmatch(last) and above:
                            last = above[-1]
                        self._named.setdefault(last, []).append((path, piece))
        return self._named

    def _bind(self, path: str, scope: str, name: str, why: str) -> None:
        bit = self.modules.bit.get(path, 0)
        if not scope:
            self.bare.setdefault(path, set()).add(name)
        self.origins |= bit
        if scope:
            self.members |= bit
        self.why.setdefault(name, f"{name}: {why}")
        for form in (name, *_patterns(name)):
            self.attrs[form] = self.attrs.get(form, 0) | bit
            self.why.setdefault(form, self.why[name])


def _counts_whole(piece: Piece) -> bool:
    """Tell whether everybody who imports the module may notice a statement that changed."""
    return piece.star or (not piece.key and any(map(HOOKS.fullmatch, piece.binds)))


def _patterns(name: str) -> Iterator[str]:
    """How a string that is a part of the name would be noted: `visit_*` for visit_x."""
    for place, letter in enumerate(name):
        if letter == "_":
            head, tail = name[: place + 1], name[place:]
            if len(head) >= _SHORTEST:
                yield f"{head}*"
            if len(tail) >= _SHORTEST:
                yield f"*{tail}"


def _ran(session: Session) -> dict[str, dict[int, set[int]]]:
    """For each module, which of its statements ran which units while it was imported."""
    found: dict[str, dict[int, set[int]]] = {}
    for frame in session.frames:
        if frame.kind == "import":
            lines = found.setdefault(frame.name, {})
            for number, unit in frame.lines:
                lines.setdefault(number, set()).add(unit)
    return found
