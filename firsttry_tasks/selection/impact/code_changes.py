"""Finds what changed in the code since a recorded run: units that differ, and changed names."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.selection.evidence.mask_types import (
    NO_MODULES,
    NO_ORIGINS,
    ModuleMask,
    OriginMask,
)
from firsttry_tasks.selection.impact.data_file_names import DataFileNames
from firsttry_tasks.selection.impact.import_graph import ImportGraph
from firsttry_tasks.selection.impact.import_time_calls import importing, loads, stirring
from firsttry_tasks.selection.impact.propagation import Propagation
from firsttry_tasks.selection.impact.side_effects import Newcomers
from firsttry_tasks.selection.syntax.diff import FragmentDiff, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.tree_diff import TreeDiff
    from firsttry_tasks.selection.syntax.fragment import Fragment


class CodeChanges:
    """What changed in the code of one recorded run.

    ``units`` maps the number of a changed unit to the reason. ``reached`` maps a unit that
    refers to changed names to the origins of these names and the reason. ``observations`` maps
    imports by name that would load another module now to the reason.
    """

    def __init__(
        self,
        recorded: RecordedRun,
        now: CurrentTree,
        changes: TreeDiff,
        observations: Mapping[int, str],
    ) -> None:
        """Compare the changed files and carry the changed names on.

        ``observations`` are those of the recorded run that no longer hold.
        """
        self.recorded = recorded
        self.now = now
        self.changes = changes
        self.units: dict[int, str] = {}
        self.observations: dict[int, str] = {}
        self.everything: tuple[str, ...] = ()
        self.deltas: dict[str, FragmentDiff] = {}
        self.modules = ImportGraph(recorded, self._sources())
        self.texts = DataFileNames(recorded, now, changes.paths)
        self.spread = Propagation(self.modules, self.texts, now.without)
        self.names = self.spread.names
        # First everything that changed by itself, then what follows: the last three read that.
        self._versions()
        self._arrivals()
        self._imports(observations)
        self.spread.ran_at_import(self.units)
        self.spread.settle()
        self._late()
        self._looked_at()
        self.reached = self._reached() if self.names.origins else {}

    def unmet(self, mask: OriginMask) -> OriginMask:
        """Return the bits of the changed classes whose modules are not among these."""
        # An attribute's name may be that of many classes. What rests on nothing that loaded the
        # module of a class holds no instance of it.
        found = NO_ORIGINS
        for (path, _), (bit, _) in self.spread.classes.items():
            found |= NO_ORIGINS if mask & self.modules.bit[path] else bit
        return found

    def inherited(self, names: AbstractSet[str]) -> OriginMask:
        """Return the bits of the changed classes from which one of these inherits, or is one."""
        found = NO_ORIGINS
        for (_, name), (bit, _) in self.spread.classes.items():
            if not names.isdisjoint(self.modules.lineage(name.rpartition(".")[2])):
                found |= bit
        return found

    def _sources(self) -> dict[str, tuple[Fragment, ...]]:
        """Return the fragments, as recorded, of every file of which code ran or was imported.

        A file that is not in the tree, since git ignores it, has none, and a place in the graph.
        """
        recorded, tree, now = self.recorded, self.recorded.manifest, self.now
        loaded = {*recorded.modules.values(), *(path for path, _ in recorded.units)}
        loaded |= {scope.name for scope in recorded.scopes if scope.kind == "import"}
        loaded |= {name for kind, name in recorded.observations if kind == "executed"}
        return {it: now.before(it, tree[it]) if it in tree else () for it in sorted(loaded)}

    def _versions(self) -> None:
        """Compare each loaded file that changed with what it is now."""
        newcomers = Newcomers(self.modules, self.now, self.changes.paths)
        for path in sorted(self.changes.paths & self.modules.sources.keys()):
            fragments = self.now.fragments(path) if path in self.now.manifest else None
            # The file is gone or doesn't parse: every import of it raises.
            if fragments is None:
                self.spread.effects[path] = f"{path} can't be imported any more"
                self._change(path, None, "is gone or broken")
                continue
            delta = self._ordered(path, compare(self.modules.sources[path], fragments))
            self.deltas[path] = delta
            changed = delta.bodies | delta.statements | self._redefined(path, delta)
            self._change(path, changed, "changed")
            self.spread.change(path, delta)
            if newcomers.are_kept(path, delta):
                self.spread.effects.setdefault(path, f"{path} changed")
            self._new_imports(path, fragments)

    def _redefined(self, path: str, delta: FragmentDiff) -> frozenset[int]:
        """Return the bodies of the functions whose definition changed.

        The body's text is the same, but another default or decorator makes it do other things
        for every test that runs it.
        """
        old = self.modules.sources[path]
        defined = (old[at] for at in delta.statements)
        keys = {f"{it.qualname}.{name}".lstrip(".") for it in defined for name in it.binds}
        moved = (*(old[at] for at in delta.statements), *delta.added)
        keys |= {it.qualname for it in moved if it.is_doc and self.names.docs.is_code(path, it)}
        return frozenset(
            at
            for at, fragment in enumerate(old)
            if fragment.is_function_body and fragment.qualname in keys
        )

    def _change(self, path: str, fragments: frozenset[int] | None, why: str) -> None:
        """Count units of a file as changed: those of these fragments, or all for None.

        ``why`` says what became of them, in words that follow their names.
        """
        # A unit that belongs to no fragment (-1) can't be compared, so any change counts.
        for number, (place, fragment) in enumerate(self.recorded.units):
            if place == path and (fragments is None or fragment in fragments or fragment < 0):
                key = self.modules.sources[path][fragment].qualname if fragment >= 0 else ""
                self.units[number] = f"{path}::{key} {why}" if key else f"{path} {why}"

    def _new_imports(self, path: str, fragments: tuple[Fragment, ...]) -> None:
        """Count the import of a file as changed if it loads other modules than before."""
        # What an import does (registering, patching) reaches code that names nothing of it.
        before, after = self._loads(path, self.modules.sources[path]), self._loads(path, fragments)
        differ = before ^ after
        # What the import of a module did for others is not done any more if nobody imports it.
        for gone in sorted(before - after):
            others = self.modules.sources.keys() - {path, gone}
            if not any(gone in self._loads(it, self.modules.sources[it]) for it in others):
                self.spread.effects.setdefault(gone, f"{path} imports {gone} no more")
        if differ:
            why = f"{path} imports another set of modules: {min(differ)}"
            self.spread.effects.setdefault(path, why)

    def _ordered(self, path: str, delta: FragmentDiff) -> FragmentDiff:
        """Count imports that stand elsewhere now as changed where the order tells.

        What they bind is the same. But one of the modules, or what it imports, may have been seen
        to change another module's things; and a circle of imports may raise, as one test shows.
        """
        old = self.modules.sources[path]
        for number in delta.moved:
            if old[number].may_raise:
                self.spread.unsafe.setdefault(path, f"{path} changed")
            found = self.modules.imported(path, old[number].uses.imports)
            if "moved-imports" in self.now.without or self.modules.mask(found) & self._stirring:
                return replace(
                    delta,
                    statements=delta.statements | delta.moved,
                    added=(*delta.added, *(old[it] for it in sorted(delta.moved))),
                )
        return delta

    @cached_property
    def _stirring(self) -> ModuleMask:
        """The modules whose import was seen to change things of other modules."""
        return stirring(self.modules)

    def _loads(self, path: str, fragments: Iterable[Fragment]) -> set[str]:
        """Return the modules that a file loads when it is imported.

        So do modules that came, and those that nobody had imported when the run was recorded.
        """
        strings = {
            name
            for fragment in fragments
            if not fragment.is_function_body
            for name in fragment.uses.imports
        }
        asked = self.modules.absolute(path, strings)
        found = {place for name in asked for place in self.recorded.places(path, name)}
        return self.modules.imported(path, strings) | (found & self.now.manifest.keys())

    def _arrivals(self) -> None:
        """Take in modules that came or went: an import of such a name may load another file."""
        # Compiled modules count too: they shadow a Python file of the same name.
        either = sorted(self.changes.added | self.changes.removed)
        moved = [path for path in either if path.endswith((".py", ".so", ".pyd"))]
        names = {name for path in moved for name in self.recorded.dotted(path)}
        self.everything = tuple(
            f"a module {name} came or went, which shadows the standard one"
            for name in sorted(names & sys.stdlib_module_names)
        )
        self._packages(path for path in moved if path.endswith("__init__.py"))
        for path, fragments in self.modules.sources.items() if names else ():
            for number, fragment in enumerate(fragments):
                asked = self.modules.absolute(path, fragment.uses.imports)
                hit = min((name for name in asked if loads(name, names)), default=None)
                if hit is not None:
                    self._asked(path, number, fragment, f"imports {hit}, which came or went")
        for number, (kind, name) in enumerate(self.recorded.observations):
            if kind == "module" and loads(name, names):
                self.observations[number] = f"module {name} came or went"

    def _packages(self, marks: Iterable[str]) -> None:
        """Count all modules of a folder that became a package, or ceased to be one."""
        for path in marks:
            folder = path.removesuffix("__init__.py")
            for inner in self.modules.sources:
                if inner.startswith(folder):
                    self.spread.effects.setdefault(inner, f"{path} came or went")

    def _asked(self, path: str, number: int, fragment: Fragment, why: str) -> None:
        """Count a fragment with a moved import: a body as a unit, a statement as its module."""
        if fragment.is_function_body:
            self._change(path, frozenset({number}), why)
        else:
            self.spread.effects.setdefault(path, f"{path} {why}")

    def _imports(self, observations: Mapping[int, str]) -> None:
        """Take in modules that observed something at import which no longer holds."""
        gone = {**self.observations, **observations}
        for scope in self.recorded.scopes:
            for number, statements in scope.asking(gone).items():
                if scope.kind == "import":
                    self.spread.observed_at_import(scope.name, statements, gone[number])
                elif scope.kind == "library":
                    self._loaded(frozenset(scope.name.split()), gone[number])

    def _loaded(self, libraries: frozenset[str], why: str) -> None:
        """Take in all that imports libraries of which one saw, as it loaded, what changed."""
        for path, number, fragment in importing(self.modules, libraries):
            if fragment.is_function_body:
                self._change(path, frozenset({number}), f"uses what was loaded with it: {why}")
            else:
                self.spread.observed_at_import(path, {number}, why)
        for number, (kind, name) in enumerate(self.recorded.observations):
            if kind == "module" and name.partition(".")[0] in libraries:
                self.observations.setdefault(number, why)

    def _late(self) -> None:
        """Count the import of a module as changed if it may raise and only running tests import it.

        One that test files import is tried by one test (`TestFiles.sentinels`), for all.
        """
        # A test file imports its modules when it is collected, conftest.py before that.
        early = self.modules.mask({test.path for test in self.recorded.tests})
        for path, why in self.spread.unsafe.items():
            if not self.modules.bit.get(path, NO_MODULES) & early:
                self.spread.effects.setdefault(path, why)

    def _looked_at(self) -> None:
        """Count changed modules of which any name may be looked at: by a library, by who ran it."""
        old = self.modules.sources
        ran = {it for it, at in self.spread.done if at < 0 or not old[it][at].is_doc}
        for number, (kind, path) in enumerate(self.recorded.observations):
            if kind == "imported-by-library" and path in self.names.files:
                how = "changed" if path in self.changes.paths else "comes to another result"
                self.observations[number] = f"{path} {how}, and a library imported it"
            elif kind == "executed" and path in ran:
                self.observations[number] = f"{path}, which ran by itself, comes to another result"

    def _reached(self) -> dict[int, tuple[OriginMask, str]]:
        """Return the unchanged units that refer to changed names."""
        found: dict[int, tuple[OriginMask, str]] = {}
        for number, (path, fragment) in enumerate(self.recorded.units):
            if fragment >= 0 and path in self.modules.sources and number not in self.units:
                mask, name = self.names.hit(path, self.modules.sources[path][fragment])
                if mask:
                    found[number] = mask, self.names.why.get(name, f"{name} changed")
        return found
