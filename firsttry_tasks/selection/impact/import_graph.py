"""Knows the modules of a recorded run, which of them import which, and what their names mean."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, ModuleMask
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.selection.syntax.string_names import LOCAL, MADE, QUOTED


class ImportGraph:
    """The repository's modules, each with a bit, and the closure over their imports."""

    def __init__(self, recorded: RecordedRun, sources: Mapping[str, tuple[Fragment, ...]]) -> None:
        """Read the imports of a run's modules; ``sources`` maps each path to its fragments."""
        self.recorded = recorded
        self.sources = sources
        # Sorted, so that equal runs give equal bits and deciding can be repeated exactly.
        self.paths = sorted(sources)
        self.bit = {path: ModuleMask(1 << number) for number, path in enumerate(self.paths)}
        self.names: dict[str, list[str]] = {}
        for name, path in recorded.modules.items():
            self.names.setdefault(path, []).append(name)
        self.short = frozenset(_last(name) for name in recorded.modules)
        self.classes = self._classes()
        self.collected = {test.path for test in recorded.tests}
        # What was worked out once, by file, class or fragment: the same is asked for many names.
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
        """Return the paths of the modules that import strings of a file load."""
        # `import a.b.c` runs `a/__init__.py` and `a/b/__init__.py` first. A string may also be a
        # name in a module (`a.b.name`), which ends at what is known.
        found: set[str] = set()
        for name in self.absolute(path, imports):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                known = self.recorded.modules.get(".".join(parts[:end]))
                if known is not None:
                    found.add(known)
        return found

    def absolute(self, path: str, imports: Iterable[str]) -> set[str]:
        """Return import strings with their leading dots resolved, as seen from a file."""
        found: set[str] = set()
        for name in imports:
            level = len(name) - len(name.lstrip("."))
            if not level:
                found.add(name)
                continue
            # One file can be loaded under two names, as script and as module, or ran under none.
            for own in self.names.get(path) or _names_of(path):
                parts = own.split(".")
                package = parts if path.endswith("__init__.py") else parts[:-1]
                base = package[: len(package) - level + 1]
                found.add(".".join([*base, name[level:]]).strip("."))
        return found

    def foreign(self, path: str) -> frozenset[str]:
        """Return the names that a file imports from outside of the repository."""
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
        """Return the names that the statements of a module bind."""
        if path not in self._bound:
            fragments = self.sources.get(path, ())
            self._bound[path] = frozenset(
                name for it in fragments if not it.qualname for name in it.binds
            )
        return self._bound[path]

    def owns(self, path: str) -> frozenset[str]:
        """Return the names of what a file imports and of its functions and classes."""
        return frozenset(self._aliases(path))

    def handles(self, path: str) -> frozenset[str]:
        """Return the names in a file that stand for modules of the repository."""
        if path not in self._handles:
            found: set[str] = set()
            for fragment in self.sources.get(path, ()):
                if fragment.uses.imports and not fragment.is_function_body:
                    # Of `from a import b` the strings are `a` and `a.b`; the name stands for
                    # the longer one.
                    longest = max(self.absolute(path, fragment.uses.imports), key=len, default="")
                    if longest in self.recorded.modules:
                        found |= fragment.binds
            self._handles[path] = frozenset(found)
        return self._handles[path]

    @cached_property
    def spoken(self) -> frozenset[str]:
        """All names that stand behind a dot or in a string anywhere in the repository."""
        return frozenset().union(*(it.uses.attrs for it in self._every()))

    @cached_property
    def promised(self) -> frozenset[str]:
        """Names of the members of protocols, by which ``isinstance`` asks without naming them."""
        heads = ((name, head) for name, found in self.classes.items() for _, head in found)
        known = {name for name, head in heads if "Protocol" in head.bases}
        members = (
            it
            for it in self._every()
            if it.qualname in known and not (it.is_function_body or it.is_doc)
        )
        return frozenset().union(*(it.binds for it in members))

    @cached_property
    def owned(self) -> frozenset[str]:
        """Names that the repository gives to something; all others belong to libraries."""
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
        """Return the names of a class and of those that inherit from it."""
        # By name: two classes of one name count as one, which can only add tests.
        if name not in self._lineages:
            seen, waiting = {name}, [name]
            while waiting:
                fresh = self._heirs.get(waiting.pop(), set()) - seen
                seen |= fresh
                waiting.extend(fresh)
            self._lineages[name] = frozenset(seen)
        return self._lineages[name]

    def exports(self, path: str) -> frozenset[str] | None:
        """Return what a file's ``__all__`` lists, None if it has none that can be read."""
        if path not in self._listed:
            self._listed[path] = exported(self.sources.get(path, ()))
        return self._listed[path]

    def head(self, path: str, scope: str) -> int | None:
        """Return the number of the statement that defines a class, None if there is none."""
        found = self.definitions(path, scope)
        return next((number for number in found if self.sources[path][number].is_class), None)

    def has_tests(self, path: str) -> bool:
        """Tell whether pytest itself looks into a file: for tests, fixtures or hooks."""
        return path in self.collected or path.endswith("conftest.py")

    def definitions(self, path: str, name: str) -> Iterator[int]:
        """Yield the numbers of the statements that define a function or class, as often as any."""
        above, _, last = name.rpartition(".")
        for number, fragment in enumerate(self.sources[path]):
            if fragment.qualname == above and last in fragment.binds:
                yield number

    def meant(self, path: str, fragment: Fragment) -> frozenset[str]:
        """Return the modules and classes that a fragment passes on, by their original names."""
        if not fragment.uses.passed_on:
            return fragment.uses.passed_on
        # To hash a fragment would take longer than the question. Its id stays its own, because
        # `sources` keeps all fragments alive as long as this object.
        found = self._meant.get(id(fragment))
        if found is None:
            found = self._meant[id(fragment)] = frozenset(self._home(path, fragment))
        return found

    def _home(self, path: str, fragment: Fragment) -> Iterator[str]:
        known = self._aliases(path)
        for spelled in fragment.uses.passed_on:
            made = MADE if spelled.startswith(MADE) else ""
            first, dot, _ = (name := spelled.removeprefix(MADE)).partition(".")
            if name.startswith((QUOTED, LOCAL)):
                yield made + name.removeprefix(LOCAL)
            elif first in known:
                yield made + (_last(name) if dot else known[first])

    def holders(self, path: str, scope: str) -> frozenset[str]:
        """Return how code that passes on a module, or a class or a subclass, is noted for it."""
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
        """Return modules, classes and functions by their names in a file, with original names."""
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
        """Return the statements that define classes, each with its file, by the class's name."""
        found: dict[str, list[tuple[str, Fragment]]] = {}
        for path, fragments in self.sources.items():
            for fragment in fragments:
                if fragment.is_class:
                    for name in fragment.binds:
                        found.setdefault(name, []).append((path, fragment))
        return found

    def _edges(self) -> dict[str, set[str]]:
        """Return for each module those that it imports: as written, and as recorded."""
        # Written imports alone miss dynamic ones; recorded ones alone miss those of a module that
        # was loaded before its importer.
        scopes = self.recorded.scopes
        edges: dict[str, set[str]] = {path: set() for path in self.paths}
        for path, fragments in self.sources.items():
            static = (it.uses.imports for it in fragments if not it.is_function_body)
            edges[path] |= self.imported(path, chain.from_iterable(static))
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
        """Return for each module all that it imports, directly or not, itself included."""
        # Warshall's algorithm is cubic in the modules. Import graphs are shallow, so a few rounds
        # over the edges until nothing moves are enough in practice.
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


def exported(fragments: Iterable[Fragment]) -> frozenset[str] | None:
    """Return what ``__all__`` names, None if there is none, or if it is put together by code."""
    found = [
        fragment for fragment in fragments if not fragment.qualname and "__all__" in fragment.binds
    ]
    if len(found) != 1 or found[0].may_raise or found[0].uses.names:
        return None
    return found[0].uses.attrs


def _names_of(path: str) -> Iterator[str]:
    parts = path.removesuffix(".py").split("/")
    return (".".join(parts[at:]) for at in range(len(parts)))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
