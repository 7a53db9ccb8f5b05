"""Names that changed, each with the modules it comes from, and who refers to them."""

import builtins
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, NO_ORIGINS, OriginMask
from firsttry_tasks.selection.impact.docstrings import Docs, holder
from firsttry_tasks.selection.impact.import_graph import Modules
from firsttry_tasks.selection.syntax.fragment import Fragment, own_name
from firsttry_tasks.selection.syntax.string_names import PASSED, QUOTED
from firsttry_tasks.selection.syntax.vocabulary import DOCS, HELP

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


class Names:
    """Changed names; a mask has a bit for each module, and one for each class kept apart."""

    def __init__(self, modules: Modules, looked: OriginMask) -> None:
        """Begin with nothing changed; ``looked`` and the bit above it are nobody's."""
        self.modules = modules
        self.bare: dict[str, set[str]] = {}  # file -> names changed in its own namespace
        self.attrs: dict[str, OriginMask] = {}  # name -> mask of origins
        self.opened: dict[str, OriginMask] = {}  # module or class with a changed member -> origins
        self.docs = Docs(modules, looked)
        self.origins = NO_ORIGINS
        self.values = NO_ORIGINS  # the origins of names, not docstrings, among them
        self.members = NO_ORIGINS  # the origins of members of classes among them
        self.files: set[str] = set()  # where any name changed
        self.why: dict[str, str] = {}  # name -> the change it comes from
        self.grown = 0  # counts what was added

    def bind(self, path: str, scope: str, name: str, why: str, bit: OriginMask) -> None:
        """Count a name as changed: of a module (``scope`` is ""), or a member of a class."""
        self.files.add(path)
        if not scope:
            own = self.bare.setdefault(path, set())
            self.grown += name not in own
            own.add(name)
        self.origins |= bit
        self.values |= bit
        if scope:
            self.members |= bit
        self.why.setdefault(name, f"{name}: {why}")
        self._add(self.opened, self.modules.holders(path, scope), bit, self.why[name])
        self._add(self.attrs, (name, *_patterns(name)), bit, self.why[name])

    def document(
        self, path: str, fragment: Fragment, why: str, bit: OriginMask, *, known: bool
    ) -> None:
        """Count a docstring as changed: for who has what it belongs to without calling it.

        What is ``known`` to others, pytest or who is given an object of a class, can be asked for
        it by who never named it.
        """
        why = f"docstring of {fragment.qualname}: {why}"
        self.files.add(path)
        asked = self.docs.change(path, bit, known=known)
        self.origins |= bit | self.docs.found
        name, around = own_name(fragment), holder(fragment)
        holders = self.modules.holders(path, around)
        spelled = {it for it in holders if it.startswith(QUOTED)}
        self._add(self.opened, {name, *(spelled if around else holders)}, bit, why)
        given = {PASSED + it for it in holders} if around else set()
        self._add(self.docs.had, {*fragment.uses.held, *_patterns(name), *given}, bit, why)
        self._add(self.attrs, DOCS, asked, why)
        self.why.setdefault(HELP, why)

    def _add(
        self, masks: dict[str, OriginMask], names: Iterable[str], bit: OriginMask, why: str
    ) -> None:
        for name in names:
            before = masks.get(name, NO_ORIGINS)
            self.grown += before | bit != before
            masks[name] = before | bit
            self.why.setdefault(name, why)

    def hit(
        self, path: str, fragment: Fragment, but: frozenset[str] = frozenset()
    ) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that a fragment refers to, and one of the names.

        Of the names in ``but`` none is asked. Which one is told must not hang on the order of a
        set: another run on the same tree gives the same reason.
        """
        mask, name = NO_ORIGINS, ""
        own: AbstractSet[str] = self.bare.get(path, frozenset())
        if own and not own.isdisjoint(fragment.uses.names - but):
            name = min(own & (fragment.uses.names - but))
            mask |= self.modules.bit.get(path, NO_MODULES)
        for other in sorted((fragment.uses.attrs & self.attrs.keys()) - but):
            mask |= self.attrs[other]
            name = name or other
        for other in sorted(self.modules.meant(path, fragment) & self.opened.keys()):
            mask |= self.opened[other]
            name = name or other
        for other in sorted(self._hints(path, fragment) & (own | self.attrs.keys())):
            mask |= self.attrs.get(other, NO_ORIGINS)
            name = name or other
        if fragment.reflection.own_module and own:
            mask |= self.modules.bit.get(path, NO_MODULES)
            name = name or min(own)
        if fragment.reflection.any_name and self.values:
            mask |= self.values
            name = name or "any name"
        if fragment.reflection.any_member and self.members:
            mask |= self.members
            name = name or "any member"
        docs, how = self.docs.hit(path, fragment, but)
        return mask | docs, name or how

    def unnoticed(self, path: str, fragment: Fragment) -> bool:
        """Tell whether only those notice a member of a class who name it."""
        return (fragment.reflection.plain_class and self.plain(path, fragment.qualname)) or (
            fragment.reflection.undecorated_methods
            and self.plain(path, fragment.qualname, mild=True)
        )

    def _hints(self, path: str, fragment: Fragment) -> frozenset[str]:
        """Return the annotations that somebody may look at: a dataclass asks for ClassVar only."""
        if not fragment.uses.annotations:
            return fragment.uses.annotations
        if fragment.is_class:
            known = all(self.plain(path, name, mild=True) for name in fragment.binds)
            return frozenset() if known else fragment.uses.annotations
        if not fragment.qualname or (
            fragment.reflection.plain_class and self.plain(path, fragment.qualname)
        ):
            return frozenset()
        if self.plain(path, fragment.qualname, mild=True) and self._is_standard(path):
            return fragment.uses.annotations - self.modules.classes.keys()
        return fragment.uses.annotations

    def _is_standard(self, path: str) -> bool:
        """Tell whether a file's dataclasses, if it has any, are those of the standard library."""
        loaded = {name for fragment in self.modules.sources[path] for name in fragment.uses.imports}
        return "dataclasses" in loaded or not any(name.endswith("dataclass") for name in loaded)

    def plain(self, path: str, name: str, depth: int = 0, *, mild: bool = False) -> bool:
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
            (fragment.reflection.undecorated_methods if mild else fragment.reflection.plain_class)
            and all(self.plain(place, base, depth + 1, mild=mild) for base in fragment.bases)
            for place, fragment in known
        )


def _patterns(name: str) -> Iterator[str]:
    """How a string that is a part of the name would be noted: `visit_*` for visit_x."""
    for place, letter in enumerate(name):
        if letter == "_":
            head, tail = name[: place + 1], name[place:]
            if len(head) >= _SHORTEST:
                yield f"{head}*"
            if len(tail) >= _SHORTEST:
                yield f"*{tail}"
