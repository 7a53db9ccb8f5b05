"""Finds what functions may change besides their result: variables and attributes, by name.

And what statements hand to code from elsewhere, which may keep it.
"""

from __future__ import annotations

import builtins
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import MAGIC, Fragment
from firsttry_tasks.selection.syntax.vocabulary import CALLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree
    from firsttry_tasks.selection.impact.import_graph import ImportGraph
    from firsttry_tasks.selection.syntax.diff import FragmentDiff

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

    def is_new(self, path: str, names: Iterable[str]) -> bool:
        """Tell whether no code says any of these names, and they mean nothing to Python."""
        spoken, found = self.modules.spoken, {*names}
        known = any(name in spoken or MAGIC.fullmatch(name) for name in found)
        return not (known or hides_tests(self.modules, path, found))

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


def hides_tests(modules: ImportGraph, path: str, names: Iterable[str]) -> bool:
    """Tell whether one of these names in a file is that of a test which pytest doesn't look for.

    Code that does so finds it by the name alone.
    """
    return any(it.startswith("test") for it in names) and not modules.has_tests(path)


class Newcomers:
    """Knows of new statements whether code from elsewhere may keep what they make.

    A decorator, a base, a metaclass or a call is given the new thing. Where no code says the name
    of that, to be given away is what it is there for.
    """

    def __init__(self, modules: ImportGraph, now: CurrentTree, changed: AbstractSet[str]) -> None:
        """Take the modules as they were, and the paths of what ``changed``."""
        self._modules = modules
        self._now = now
        self._changed = changed
        self._effects = SideEffects(modules)

    def are_kept(self, path: str, delta: FragmentDiff) -> bool:
        """Tell whether one of the statements that came to a file, or left it, gives away a thing.

        One that was changed did so before.
        """
        # Of what stands beside tests, pytest alone finds what nobody names.
        if self._modules.has_tests(path):
            return False
        old = (self._modules.sources[path][number] for number in delta.statements)
        went, came = ([it for it in them if self._gives(path, it)] for them in (old, delta.added))
        before, after = ({name for it in them for name in it.binds} for them in (went, came))
        return any(it.binds.isdisjoint((before & after) | self._said) for it in (*went, *came))

    @cached_property
    def _said(self) -> frozenset[str]:
        """All names that code does something with, besides to import and to export them."""
        fresh = (it for it in self._changed & self._now.manifest.keys() if it.endswith(".py"))
        found = [*self._modules.sources.values(), *(self._now.fragments(it) or () for it in fresh)]
        return frozenset().union(*(_said(it) for fragments in found for it in fragments))

    def _gives(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a statement gives what it makes to code from elsewhere."""
        inside = fragment.qualname or fragment.is_function_body
        if inside or fragment.is_doc or fragment.uses.imports:
            return False
        if fragment.is_class:
            return self._is_given(path, fragment, frozenset())
        names = fragment.uses.names
        foreign, standard = self._modules.foreign(path), self._standard(path)
        if not names.isdisjoint(foreign if fragment.decorated else foreign - standard):
            return True
        # What a function of ours changes is followed by its name; it may hand on what it is given.
        called = (it for name in names for it in self._effects.bodies.get(name, ()))
        return fragment.decorated and any(
            not body.uses.names.isdisjoint(self._modules.foreign(place) - self._standard(place))
            for place, body in called
        )

    def _is_given(self, path: str, head: Fragment, below: frozenset[str]) -> bool:
        """Tell whether a class is given to a decorator, or a base or metaclass from elsewhere."""
        if not head.reflection.undecorated_methods:
            return True
        standard = self._standard(path) | _BUILTINS
        behind = {attr for name, attr in head.uses.behind if name in standard}
        # Two classes of one name can look like a circle.
        for base in {*head.bases} - below:
            known = self._modules.classes.get(base)
            if known is None and base not in standard | behind:
                return True
            if any(self._is_given(*it, below | {base}) for it in known or ()):
                return True
        return False

    def _standard(self, path: str) -> frozenset[str]:
        """Return the names that a file imports from the standard library, which keeps no class."""
        return frozenset(
            name
            for it in self._modules.sources[path]
            if it.uses.imports and not it.is_function_body and _is_standard(it)
            for name in it.binds & self._modules.foreign(path)
        )


def _is_standard(fragment: Fragment) -> bool:
    return {it.partition(".")[0] for it in fragment.uses.imports} <= sys.stdlib_module_names


def _said(fragment: Fragment) -> AbstractSet[str]:
    """Return the names that a fragment does something with; its own are its own business."""
    if fragment.binds == {"__all__"} or (fragment.uses.imports and not fragment.is_function_body):
        return frozenset()
    return (fragment.uses.names | fragment.uses.attrs) - {*fragment.qualname.split(".")}
