"""What changed in the code since a recorded run: units that differ, names that reach further."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, OriginMask
from firsttry_tasks.selection.impact.data_file_names import Texts
from firsttry_tasks.selection.impact.import_graph import Modules
from firsttry_tasks.selection.impact.propagation import Spread
from firsttry_tasks.selection.syntax.diff import FragmentDiff, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.tree_diff import Changes
    from firsttry_tasks.selection.syntax.fragment import Fragment


class Code:
    """The changed code of one recorded run.

    ``units`` maps the number of a unit to why it is another now; ``reached`` maps a unit that
    refers to changed names to the modules these come from (a mask) and the why. ``observations``
    are dynamic imports that get another module now.
    """

    def __init__(
        self,
        recorded: RecordedRun,
        now: CurrentTree,
        changes: Changes,
        observations: Mapping[int, str],
    ) -> None:
        """Take the changed files apart and carry their names on."""
        self.recorded = recorded
        self.now = now
        self.changes = changes
        self.units: dict[int, str] = {}
        self.observations: dict[int, str] = {}
        self.everything: tuple[str, ...] = ()
        self.deltas: dict[str, FragmentDiff] = {}
        self.modules = Modules(recorded, self._sources())
        self.texts = Texts(recorded, now, changes.paths)
        self.spread = Spread(recorded, self.modules, self.texts)
        self.names = self.spread.names
        self._versions()
        self._arrivals()
        self._imports(observations)
        self.spread.ran_at_import(self.units)
        self.spread.settle()
        self._late()
        self._lent()
        self.reached = self._reached() if self.names.origins else {}

    def _sources(self) -> dict[str, tuple[Fragment, ...]]:
        recorded = self.recorded
        loaded = {*recorded.modules.values(), *(path for path, _ in recorded.units)}
        loaded |= {scope.name for scope in recorded.scopes if scope.kind == "import"}
        known = sorted(loaded & recorded.manifest.keys())
        return {path: self.now.before(path, recorded.manifest[path]) for path in known}

    def _versions(self) -> None:
        """Compare files that were loaded with what they are now, be they gone or broken."""
        for path in sorted(self.changes.paths & self.modules.sources.keys()):
            fragments = self.now.fragments(path) if path in self.now.manifest else None
            if fragments is None:
                self.spread.effects[path] = f"{path} can't be imported any more"
                self._change(path, None, f"{path} is gone or broken")
                continue
            delta = compare(self.modules.sources[path], fragments)
            self.deltas[path] = delta
            changed = delta.bodies | delta.statements | self._redefined(path, delta)
            self._change(path, changed, f"{path} changed")
            self.spread.change(path, delta)
            self._new_imports(path, fragments)

    def _redefined(self, path: str, delta: FragmentDiff) -> frozenset[int]:
        """Return the bodies of functions with another signature: whoever runs them is concerned."""
        old = self.modules.sources[path]
        keys = {
            f"{old[at].qualname}.{name}" if old[at].qualname else name
            for at in delta.statements
            for name in old[at].binds
        }
        return frozenset(
            at
            for at, fragment in enumerate(old)
            if fragment.is_function_body and fragment.qualname in keys
        )

    def _change(self, path: str, fragments: frozenset[int] | None, why: str) -> None:
        """Count units of a file as changed: those of these fragments, or all."""
        for number, (place, fragment) in enumerate(self.recorded.units):
            if place == path and (fragments is None or fragment in fragments or fragment < 0):
                key = self.modules.sources[path][fragment].qualname if fragment >= 0 else ""
                self.units[number] = f"{why}: {key}" if key else why

    def _new_imports(self, path: str, fragments: tuple[Fragment, ...]) -> None:
        """Count a file that imports other modules than before: they may do anything."""
        differ = self._loads(path, self.modules.sources[path]) ^ self._loads(path, fragments)
        if differ:
            why = f"{path} imports another set of modules: {min(differ)}"
            self.spread.effects.setdefault(path, why)

    def _loads(self, path: str, fragments: Iterable[Fragment]) -> set[str]:
        strings = {
            name
            for fragment in fragments
            if not fragment.is_function_body
            for name in fragment.uses.imports
        }
        asked = self.modules.absolute(path, strings)
        return self.modules.imported(path, strings) | {
            new
            for new in self.changes.added
            if new.endswith(".py") and any(_named(name, self._dotted(new)) for name in asked)
        }

    def _arrivals(self) -> None:
        """Count modules that came or went: whoever asks for such a name may get another."""
        moved = [
            path
            for path in sorted(self.changes.added | self.changes.removed)
            if path.endswith((".py", ".so", ".pyd"))
        ]
        names = {name for path in moved for name in self._dotted(path)}
        self.everything = tuple(
            f"a module {name} came or went, which shadows the standard one"
            for name in sorted(names & sys.stdlib_module_names)
        )
        self._packages(path for path in moved if path.endswith("__init__.py"))
        for path, fragments in self.modules.sources.items() if names else ():
            for number, fragment in enumerate(fragments):
                asked = self.modules.absolute(path, fragment.uses.imports)
                hit = min((name for name in asked if _named(name, names)), default=None)
                if hit is not None:
                    self._asked(path, number, fragment, f"module {hit} came or went")
        for number, (kind, name) in enumerate(self.recorded.observations):
            if kind == "module" and _named(name, names):
                self.observations[number] = f"module {name} came or went"

    def _packages(self, marks: Iterable[str]) -> None:
        """Count all modules of a folder that became a package, or is none any more."""
        for path in marks:
            folder = path.removesuffix("__init__.py")
            for inner in self.modules.sources:
                if inner.startswith(folder):
                    self.spread.effects.setdefault(inner, f"{path} came or went")

    def _asked(self, path: str, number: int, fragment: Fragment, why: str) -> None:
        if fragment.is_function_body:
            self._change(path, frozenset({number}), why)
        else:
            self.spread.effects.setdefault(path, why)

    def _dotted(self, path: str) -> set[str]:
        """Return the names under which a file can be imported, from where imports start."""
        stem = path.rpartition(".")[0].removesuffix("/__init__")
        found = set()
        for root in {*self.recorded.roots, "", path.rpartition("/")[0]}:
            if not root:
                found.add(stem.replace("/", "."))
            elif stem.startswith(f"{root}/"):
                found.add(stem[len(root) + 1 :].replace("/", "."))
        return found

    def _imports(self, observations: Mapping[int, str]) -> None:
        """Count modules whose import saw observations that are others now."""
        for scope in self.recorded.scopes:
            if scope.kind == "import":
                for number in scope.observations:
                    why = observations.get(number) or self.observations.get(number)
                    if why is not None:
                        self.spread.effects.setdefault(scope.name, why)

    def _late(self) -> None:
        """Count modules that only running tests import: collecting files doesn't try them."""
        early = self.modules.mask({test.path for test in self.recorded.tests})
        for path, why in self.spread.unsafe.items():
            if not self.modules.bit.get(path, NO_MODULES) & early:
                self.spread.effects.setdefault(path, why)

    def _lent(self) -> None:
        """Count what changed in modules that a library took hold of: it may look at any of it."""
        for number, (kind, path) in enumerate(self.recorded.observations):
            if kind == "imported-by-library" and path in self.names.files:
                self.observations[number] = f"{path} changed, which a library imported"

    def _reached(self) -> dict[int, tuple[OriginMask, str]]:
        found: dict[int, tuple[OriginMask, str]] = {}
        for number, (path, fragment) in enumerate(self.recorded.units):
            if fragment >= 0 and path in self.modules.sources and number not in self.units:
                mask, name = self.names.hit(path, self.modules.sources[path][fragment])
                if mask:
                    found[number] = mask, self.names.why.get(name, f"{name} changed")
        return found


def _named(asked: str, names: Iterable[str]) -> bool:
    """Tell whether importing a name loads one of these modules (or the package it lies in)."""
    return any(asked == name or asked.startswith(f"{name}.") for name in names)
