"""Knows who looks at what classes and functions hold: bases, decorators, libraries, instances."""

from __future__ import annotations

import builtins
import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask
from firsttry_tasks.selection.syntax.vocabulary import REVIVING, TYPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.impact.import_graph import ImportGraph
    from firsttry_tasks.selection.syntax.fragment import Fragment

    Asked = Callable[[str, Fragment], tuple[OriginMask, str]]

_ERRORS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)
#: Bases that look at no member of their subclasses.
_PLAIN_BASES = _ERRORS | {"object", "Generic", "ABC", "Protocol"}
#: Bases that look at the variables of their subclasses, but at no method.
_MILD_BASES = _PLAIN_BASES | {
    "NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"
}  # fmt: skip
#: Bases that find their subclasses' tests by a name that they are given.
_TEST_BASES = frozenset({"TestCase", "IsolatedAsyncioTestCase"})
#: Bases are followed by name, and two classes of one name can look like a circle. No sensible
#: class has so many ancestors; beyond them it counts as one of which nothing is known.
_DEEPEST = 30
#: Apart from `cmd.Cmd` these modules read no docstring of what they are given, and annotations only
#: where code asks for that by name. The standard library was read for it; attrs and
#: typing_extensions are here because most dataclass-like classes use them, and pytest because it
#: runs the tests: it shows docstrings of tests and fixtures alone.
IGNORING_DOCS = sys.stdlib_module_names | {"attr", "attrs", "typing_extensions", "pytest"}


@cache
def _of_test_cases() -> frozenset[str]:
    """Return the names of what such bases have: a member so called takes the place of theirs."""
    # Imported late, because the asynchronous kind brings all of asyncio with it.
    import unittest

    return frozenset(dir(unittest.IsolatedAsyncioTestCase))


class PlainClasses:
    """Knows of classes whether anything looks at their members without being asked to."""

    def __init__(self, modules: ImportGraph) -> None:
        """Take the modules whose classes are asked about."""
        self._modules = modules

    def is_standard(self, path: str) -> bool:
        """Tell whether a file's dataclasses, if it has any, are those of the standard library."""
        # pydantic's and attrs' read the types in annotations and convert values to them.
        loaded = {
            name for fragment in self._modules.sources[path] for name in fragment.uses.imports
        }
        return "dataclasses" in loaded or not any(name.endswith("dataclass") for name in loaded)

    def is_plain(
        self,
        path: str,
        name: str,
        depth: int = 0,
        *,
        mild: bool = False,
        members: AbstractSet[str] = frozenset(),
    ) -> bool:
        """Tell whether nothing looks at the members of a class; with ``mild``, at its methods.

        Such a class has no decorators, no metaclass and no bases from elsewhere that may look at
        them. ``name`` is "" for a module, which is always plain. Where it is asked for some
        ``members`` alone, unittest's own classes look at those that they have themselves.
        """
        bases = _MILD_BASES if mild else _PLAIN_BASES
        if not name or (name in bases and name in self._modules.foreign(path)):
            return True
        # Of a class that is defined in several files, every definition must be plain.
        known = self._modules.classes.get(name)
        if known is None or depth > _DEEPEST:
            return name in bases
        return all(
            (fragment.reflection.undecorated_methods if mild else fragment.reflection.plain_class)
            and all(
                self.is_plain(place, base, depth + 1, mild=mild, members=members)
                or (
                    self._is_unittest(place, fragment, base)
                    and bool(members)
                    and members.isdisjoint(_of_test_cases())
                )
                for base in fragment.bases
            )
            for place, fragment in known
        )

    def _is_unittest(self, path: str, head: Fragment, base: str) -> bool:
        """Tell whether a base of a class is the standard library's for tests."""
        if base not in _TEST_BASES or base in self._modules.classes:
            return False
        binding = [it for it in self._modules.sources[path] if base in it.binds]
        if not binding:
            return ("unittest", base) in head.uses.behind
        return all({"unittest", f"unittest.{base}"} >= it.uses.imports != set() for it in binding)


class Instances:
    """Knows the code of a recorded run's modules by the classes that it has to do with."""

    def __init__(self, modules: ImportGraph) -> None:
        """Take the modules whose code is asked about."""
        self._modules = modules
        self._reviving: dict[str, bool] = {}

    def having(
        self, path: str, fragment: Fragment, changed: Iterable[tuple[str, OriginMask, Asked]]
    ) -> OriginMask:
        """Return the bits of the changed classes of which a fragment can hold an instance.

        ``changed`` holds the name of each class, its bit, and what tells whether a fragment refers
        to a name that would change if the class itself were another one.
        """
        parts = set(fragment.qualname.split(".")) if fragment.is_function_body else set()
        revives = self._revives(path, fragment)
        found = NO_ORIGINS
        for name, bit, asked in changed:
            inside = not parts.isdisjoint(self._modules.lineage(name))
            if revives or inside or asked(path, fragment)[0]:
                found |= bit
        return found

    def _revives(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may make instances of classes that it never names."""
        # Any function of a file that imports pickle may use it, under whatever local name.
        if path not in self._reviving:
            fragments = self._modules.sources.get(path, ())
            loaded = {name.partition(".")[0] for it in fragments for name in it.uses.imports}
            self._reviving[path] = not REVIVING.isdisjoint(loaded)
        return self._reviving[path] or not REVIVING.isdisjoint(
            fragment.uses.names | fragment.uses.attrs
        )


class Libraries:
    """What the modules of a recorded run have of libraries, by name."""

    def __init__(self, modules: ImportGraph) -> None:
        """Take the modules that are asked about."""
        self._modules = modules
        self._quiet: dict[str, frozenset[str]] = {}

    def is_strange(self, path: str, names: AbstractSet[str]) -> bool:
        """Tell whether one of the names in a file is a library's that may read annotations."""
        return not (names - self.quiet(path)).isdisjoint(self._strange)

    def are_given(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment has anything of such a library, to which it may give objects."""
        uses = fragment.uses
        tops = {name.partition(".")[0] for name in uses.imports}
        return self.is_strange(path, self._mentioned(path, fragment)) or not (
            tops <= IGNORING_DOCS or self._modules.imported(path, uses.imports)
        )

    @cached_property
    def _strange(self) -> frozenset[str]:
        """Names of what statements import from such libraries, or make of that."""
        found: set[str] = set()
        for path in self._modules.sources:
            found |= self._modules.foreign(path) - self.quiet(path)
        statements = [
            (self._mentioned(path, it) - self.quiet(path), it.binds)
            for path, fragments in self._modules.sources.items()
            for it in fragments
            if it.binds and not (it.is_function_body or it.is_doc)
        ]
        size = -1
        while len(found) > size:
            size = len(found)
            for named, binds in statements:
                if not named.isdisjoint(found):
                    found |= binds
        return frozenset(found - {""})

    def _mentioned(self, path: str, fragment: Fragment) -> frozenset[str]:
        """Return the names in a fragment, but for what it has of harmless libraries."""
        # `re.escape` is not the `escape` that another file imports.
        quiet = self.quiet(path)
        of: dict[str, set[str]] = {}
        for name, attr in fragment.uses.behind:
            of.setdefault(attr, set()).add(name)
        theirs = {attr for attr, names in of.items() if names <= quiet}
        return fragment.uses.names | (fragment.uses.attrs - theirs)

    def decorate(self, path: str, head: Fragment, fragment: Fragment) -> bool:
        """Tell whether a library decorates a function by what that says of itself."""
        names = self._mentioned(path, head)
        if self.is_strange(path, names):
            return True
        # What pytest marks is a fixture, as a rule, wherever that stands.
        typed = TYPED | self._from(path, frozenset({"pytest"}))
        return fragment.of_types and not typed.isdisjoint(head.uses.names | head.uses.attrs)

    def quiet(self, path: str) -> frozenset[str]:
        """Return the names that a file imports from modules that read no docstrings."""
        if path not in self._quiet:
            self._quiet[path] = self._from(path, IGNORING_DOCS) & self._modules.foreign(path)
        return self._quiet[path]

    def _from(self, path: str, modules: AbstractSet[str]) -> frozenset[str]:
        """Return the names that the statements of a file import from these modules."""
        found: set[str] = set()
        for fragment in self._modules.sources.get(path, ()):
            tops = {name.partition(".")[0] for name in fragment.uses.imports}
            if tops and not fragment.is_function_body and tops <= modules:
                found |= fragment.binds
        return frozenset(found)
