"""Finds what functions may change besides their result: variables and attributes, by name."""

from __future__ import annotations

import builtins
from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import MAGIC, Fragment
from firsttry_tasks.selection.syntax.vocabulary import CALLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.selection.impact.import_graph import ImportGraph

_BUILTINS = frozenset(dir(builtins))
#: What `functools.wraps` and its like copy onto a function or class. Such an assignment describes
#: the object; it changes no state that other code asks for.
_LABELS = frozenset(
    {"__name__", "__qualname__", "__module__", "__doc__", "__dict__", "__annotations__",
     "__wrapped__", "__signature__", "__defaults__", "__kwdefaults__"}
)  # fmt: skip


class SideEffects:
    """The functions of a recorded run's modules, and the names that they may change."""

    def __init__(self, modules: ImportGraph) -> None:
        """Take the modules whose functions are asked about."""
        self.modules = modules

    def of(self, path: str, fragment: Fragment) -> Iterator[tuple[str, str]]:
        """Yield the file and name of what a fragment may change, if it is the repository's."""
        for root, end in sorted(fragment.uses.writes):
            tip = end.removesuffix(CALLED)
            if not tip or tip in _LABELS or root in self.modules.foreign(path):
                continue
            # `tuple.__getattribute__(self, name)` looks like a change of `tuple`, but nothing
            # can change a builtin.
            if root in _BUILTINS and root not in self.modules.bound(path):
                continue
            # The result of a call is changed. A builtin function or method makes a new object
            # that nothing else holds.
            if tip != end and tip not in self.bodies:
                continue
            # A name that stands for a module is not changed itself; the attribute behind it is,
            # and that is another pair. Names that the repository never gives to anything belong
            # to libraries.
            if tip in self.modules.owned and tip not in (
                self.modules.handles(path) if tip == root else self.modules.short
            ):
                yield path, tip

    def after(
        self, ran: Iterable[tuple[str, Fragment]], statement: Fragment, *, added: bool
    ) -> Iterator[tuple[str, str]]:
        """Yield what a statement may change by the functions that it ``ran``."""
        for path, body in ran:
            yield from self.of(path, body)
        # What an added statement calls was never recorded, so it is found by name.
        if added and statement.may_raise:
            yield from self.by_names(statement)

    def by_names(self, fragment: Fragment) -> Iterator[tuple[str, str]]:
        """Yield what any function may change that has a name which a fragment refers to."""
        names = fragment.uses.names | fragment.uses.attrs
        # Modules and strings are names too, but nothing is called by them.
        for called in sorted(names - fragment.uses.imports - fragment.uses.data_strings):
            for path, body in self.bodies.get(called, ()):
                yield from self.of(path, body)

    def is_named(self, names: Iterable[str], *, new: bool) -> bool:
        """Tell whether only code of the repository that names them asks for these members.

        If none names them, only a library can ask, which names the class and not the member. It
        asks for what Python gives a meaning, or for what its own base promises; a class that is
        plain has no such base, and what is ``new`` in it under another name nobody asked for yet.
        A member that a protocol promises is looked up by ``isinstance`` without being named.
        """
        spoken, bodies = self.modules.spoken, self.bodies
        known = all(
            name in spoken or name in bodies or (new and not MAGIC.fullmatch(name))
            for name in names
        )
        return known and self.modules.promised.isdisjoint(names)

    def is_new(self, names: Iterable[str]) -> bool:
        """Tell whether no code says any of these names, and Python gives them no meaning."""
        spoken = self.modules.spoken
        return not any(name in spoken or MAGIC.fullmatch(name) for name in names)

    @cached_property
    def bodies(self) -> dict[str, list[tuple[str, Fragment]]]:
        """Functions by name; constructors and other special methods by their class's name."""
        found: dict[str, list[tuple[str, Fragment]]] = {}
        for path, fragments in self.modules.sources.items():
            for fragment in fragments:
                if fragment.is_function_body:
                    *above, last = fragment.qualname.split(".")
                    # `Shape()` runs `Shape.__init__`, whose own name code doesn't write.
                    if MAGIC.fullmatch(last) and above:
                        last = above[-1]
                    found.setdefault(last, []).append((path, fragment))
        return found
