"""The modules of a recorded run: who imports whom, as bit masks."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, ModuleMask
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.selection.syntax.string_names import LOCAL, QUOTED


class Modules:
    """Paths of the repository's modules, each a bit, and the closure over their imports."""

    def __init__(self, recorded: RecordedRun, sources: Mapping[str, tuple[Fragment, ...]]) -> None:
        """Read the imports of the recorded run's modules."""
        self.recorded = recorded
        self.sources = sources
        self.paths = sorted(sources)
        self.bit = {path: ModuleMask(1 << number) for number, path in enumerate(self.paths)}
        self.names: dict[str, list[str]] = {}
        for name, path in recorded.modules.items():
            self.names.setdefault(path, []).append(name)
        self.short = frozenset(_last(name) for name in recorded.modules)
        self.classes = self._classes()
        self._foreign: dict[str, frozenset[str]] = {}
        self._held: dict[tuple[str, str], frozenset[str]] = {}
        self._alias: dict[str, dict[str, str]] = {}
        self._meant: dict[int, frozenset[str]] = {}
        self._lineages: dict[str, frozenset[str]] = {}
        self._listed: dict[str, frozenset[str] | None] = {}
        self._bound: dict[str, frozenset[str]] = {}
        self._handles: dict[str, frozenset[str]] = {}
        self.closure = self._close(self._edges())

    def mask(self, paths: Iterable[str]) -> ModuleMask:
        """Return these modules and all they import."""
        found = NO_MODULES
        for path in paths:
            found |= self.closure.get(path, NO_MODULES)
        return found

    def imported(self, path: str, imports: Iterable[str]) -> set[str]:
        """Paths of the modules that a file's import strings load, packages on the way included."""
        found: set[str] = set()
        for name in self.absolute(path, imports):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                known = self.recorded.modules.get(".".join(parts[:end]))
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
            for fragment in self.sources.get(path, ()):
                if (
                    fragment.uses.imports
                    and not fragment.is_function_body
                    and not self.imported(path, fragment.uses.imports)
                ):
                    found |= fragment.binds
            self._foreign[path] = frozenset(found)
        return self._foreign[path]

    def bound(self, path: str) -> frozenset[str]:
        """Names that a file binds."""
        if path not in self._bound:
            fragments = self.sources.get(path, ())
            self._bound[path] = frozenset(
                name for it in fragments if not it.qualname for name in it.binds
            )
        return self._bound[path]

    def owns(self, path: str) -> frozenset[str]:
        """Names of the functions and classes that a file defines, and of what it imports."""
        return frozenset(self._aliases(path))

    def handles(self, path: str) -> frozenset[str]:
        """Names that stand for modules of the repository."""
        if path not in self._handles:
            found: set[str] = set()
            for fragment in self.sources.get(path, ()):
                if fragment.uses.imports and not fragment.is_function_body:
                    longest = max(self.absolute(path, fragment.uses.imports), key=len, default="")
                    if longest in self.recorded.modules:
                        found |= fragment.binds
            self._handles[path] = frozenset(found)
        return self._handles[path]

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Names that stand behind a dot, or in a string, anywhere."""
        return frozenset().union(*(it.uses.attrs for it in self._every()))

    @cached_property
    def promised(self) -> frozenset[str]:
        """Names of members that protocols have, which classes may have without naming them."""
        known = {name for name, heads in self.classes.items() if _is_protocol(heads)}
        members = (
            it
            for it in self._every()
            if it.qualname in known and not (it.is_function_body or it.is_doc)
        )
        return frozenset().union(*(it.binds for it in members))

    @cached_property
    def owned(self) -> frozenset[str]:
        """Names that the repository gives to something: others are those of other people's."""
        return frozenset().union(
            *(it.binds | it.uses.sets | it.uses.data_strings for it in self._every())
        )

    def _every(self) -> Iterator[Fragment]:
        return chain.from_iterable(self.sources.values())

    @cached_property
    def _heirs(self) -> dict[str, set[str]]:
        """Classes by the names of their bases."""
        found: dict[str, set[str]] = {}
        for name, heads in self.classes.items():
            for base in {base for _, fragment in heads for base in fragment.bases}:
                found.setdefault(base, set()).add(name)
        return found

    def lineage(self, name: str) -> frozenset[str]:
        """Return a class and those that inherit from it, by name."""
        if name not in self._lineages:
            seen, waiting = {name}, [name]
            while waiting:
                fresh = self._heirs.get(waiting.pop(), set()) - seen
                seen |= fresh
                waiting.extend(fresh)
            self._lineages[name] = frozenset(seen)
        return self._lineages[name]

    def exports(self, path: str) -> frozenset[str] | None:
        """Return what a file's ``__all__`` lists, None where it has none that can be read."""
        if path not in self._listed:
            self._listed[path] = exported(self.sources.get(path, ()))
        return self._listed[path]

    def head(self, path: str, scope: str) -> int | None:
        """Return the number of the statement that defines a class, None where there is no such."""
        above, _, name = scope.rpartition(".")
        for number, fragment in enumerate(self.sources[path]):
            if fragment.is_class and fragment.qualname == above and name in fragment.binds:
                return number
        return None

    def meant(self, path: str, fragment: Fragment) -> frozenset[str]:
        """Names of the modules and classes that a fragment hands on, as they are called at home."""
        if not fragment.uses.passed_on:
            return fragment.uses.passed_on
        found = self._meant.get(id(fragment))  # fragments live as long as we do
        if found is None:
            found = self._meant[id(fragment)] = frozenset(self._home(path, fragment))
        return found

    def _home(self, path: str, fragment: Fragment) -> Iterator[str]:
        known = self._aliases(path)
        for name in fragment.uses.passed_on:
            first, dot, _ = name.partition(".")
            if name.startswith((QUOTED, LOCAL)):
                yield name.removeprefix(LOCAL)
            elif first in known:
                yield _last(name) if dot else known[first]

    def holders(self, path: str, scope: str) -> frozenset[str]:
        """Names by which whoever has a module, or a class and its heirs, is noted to hand it on."""
        if not scope:
            names = self.names.get(path, ())
            return frozenset({_last(name) for name in names} | {f"{QUOTED}{it}" for it in names})
        if (path, scope) not in self._held:
            found = self.lineage(_last(scope))
            self._held[path, scope] = found | {
                f"{QUOTED}{module}.{name}"
                for name in found
                for place, _ in self.classes.get(name, ())
                for module in self.names.get(place, ())
            }
        return self._held[path, scope]

    def _aliases(self, path: str) -> dict[str, str]:
        """Names of modules, classes and functions in a file, and what they are called at home."""
        if path not in self._alias:
            fragments = self.sources.get(path, ())
            functions = {fragment.qualname for fragment in fragments if fragment.is_function_body}
            self._alias[path] = {
                name: _last(max(fragment.uses.imports, key=len)) if fragment.uses.imports else name
                for fragment in fragments
                if not fragment.is_function_body
                for name in fragment.binds
                if fragment.uses.imports or fragment.is_class or name in functions
            }
        return self._alias[path]

    def _classes(self) -> dict[str, list[tuple[str, Fragment]]]:
        """Return the heads of classes by name."""
        found: dict[str, list[tuple[str, Fragment]]] = {}
        for path, fragments in self.sources.items():
            for fragment in fragments:
                if fragment.is_class:
                    for name in fragment.binds:
                        found.setdefault(name, []).append((path, fragment))
        return found

    def _edges(self) -> dict[str, set[str]]:
        scopes = self.recorded.scopes
        edges: dict[str, set[str]] = {path: set() for path in self.paths}
        for path, fragments in self.sources.items():
            static = {
                name
                for fragment in fragments
                if not fragment.is_function_body
                for name in fragment.uses.imports
            }
            edges[path] |= self.imported(path, static)
        for scope in scopes:
            if scope.kind == "import" and scope.name in edges:
                edges[scope.name] |= {
                    scopes[n].name for n in scope.used if scopes[n].kind == "import"
                }
                named = (self.recorded.observations[n] for n in scope.observations)
                dynamic = [name for kind, name in named if kind == "module"]
                edges[scope.name] |= self.imported(scope.name, dynamic)
        return edges

    def _close(self, edges: Mapping[str, set[str]]) -> dict[str, ModuleMask]:
        """Warshall's closure would be cubic; few rounds over the edges are enough in practice."""
        masks = {path: self.bit[path] for path in self.paths}
        moving = True
        while moving:
            moving = False
            for path in self.paths:
                mask = masks[path]
                for other in edges[path]:
                    mask |= masks.get(other, NO_MODULES)
                if mask != masks[path]:
                    masks[path] = mask
                    moving = True
        return masks


def _is_protocol(heads: Iterable[tuple[str, Fragment]]) -> bool:
    return any("Protocol" in head.bases for _, head in heads)


def exported(fragments: Iterable[Fragment]) -> frozenset[str] | None:
    """Return what a list called ``__all__`` names, None where it is not all there is to read."""
    found = [
        fragment for fragment in fragments if not fragment.qualname and "__all__" in fragment.binds
    ]
    if len(found) != 1 or found[0].may_raise or found[0].uses.names:
        return None
    return found[0].uses.attrs


def _last(name: str) -> str:
    return name.rpartition(".")[2]
