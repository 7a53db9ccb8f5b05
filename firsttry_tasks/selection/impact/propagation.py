"""How far a changed statement reaches: the names it binds, and what is computed from them."""

from collections.abc import Iterable, Iterator, Mapping

from firsttry_tasks.selection.evidence.mask_types import (
    NO_MODULES,
    NO_ORIGINS,
    ModuleMask,
    OriginMask,
)
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
from firsttry_tasks.selection.impact.changed_names import Names
from firsttry_tasks.selection.impact.constructors import Makers
from firsttry_tasks.selection.impact.data_file_names import Texts
from firsttry_tasks.selection.impact.docstrings import holder
from firsttry_tasks.selection.impact.import_graph import Modules, exported
from firsttry_tasks.selection.impact.import_time_calls import Imported
from firsttry_tasks.selection.impact.side_effects import Writing
from firsttry_tasks.selection.syntax.diff import FragmentDiff
from firsttry_tasks.selection.syntax.fragment import HOOKS, Fragment

_MOST = 4  # classes that are followed one by one


class Spread:
    """Changed names, and modules whose import changed."""

    def __init__(
        self, recorded: RecordedRun, modules: Modules, texts: Texts, *, whole: bool = False
    ) -> None:
        """Begin with nothing changed; ``whole``: a member of a class stands for its module."""
        self.recorded = recorded
        self.modules = modules
        self.texts = texts
        self.names = Names(modules, OriginMask(1 << (len(modules.paths) + _MOST)))
        self._makers = Makers(modules, self.names)
        self.effects: dict[str, str] = {}  # module -> why its import as a whole counts as changed
        self.unsafe: dict[str, str] = {}  # module -> why its import may fail now
        self.done: set[tuple[str, int]] = set()  # statements that run to another result
        self.classes: dict[
            tuple[str, str], tuple[OriginMask, Spread]
        ] = {}  # class -> bit, who has it
        self._whole = whole
        self._gone: dict[str, ModuleMask] = {}
        self._exports: dict[str, frozenset[str]] = {}  # file -> what came to or left its __all__
        self._same: set[tuple[str, int]] = set()  # definitions that are decorated as they were
        self._collected = {test.path for test in recorded.tests}
        self._imported = Imported(recorded, modules)
        self._writing = Writing(modules)

    def change(self, path: str, delta: FragmentDiff) -> None:
        """Take in what changed in one file; `settle` carries it on."""
        old = self.modules.sources[path]
        exports = exported(old[number] for number in delta.statements)
        became = exported(delta.added)
        if exports is not None and became is not None:
            self._exports[path] = exports ^ became
        again = {_decorated(fragment) for fragment in delta.added if fragment.decorators}
        for number in sorted(delta.statements):
            if _decorated(old[number]) in again:
                self._same.add((path, number))
            self._statement(path, old[number], number, f"{path} changed", changed=True)
        classes = {name for fragment in delta.added if fragment.is_class for name in fragment.binds}
        new = classes - {name for fragment in old if fragment.is_class for name in fragment.binds}
        kept = {_decorated(old[number]) for place, number in self._same if place == path}
        for fragment in delta.added:
            # Nobody gets at the members of a class that nobody names.
            if fragment.qualname.partition(".")[0] not in new and _decorated(fragment) not in kept:
                self._statement(path, fragment, -1, f"{path} changed", changed=True)
        for name in delta.removed:
            self._gone[name] = self._gone.get(name, NO_MODULES) | self.modules.bit[path]

    def ran_at_import(self, units: Mapping[int, str]) -> None:
        """Functions that changed and ran while modules were imported."""
        for path, lines in self._imported.ran.items():
            for number, ran in lines.items():
                for unit in ran & units.keys():
                    self._again(path, number, units[unit])

    def settle(self) -> None:
        """Carry changed names through module-level code until nothing is added."""
        passed: dict[str, int] = {}
        while any(passed.get(path) != self._size() for path in self.modules.sources):
            for path, fragments in self.modules.sources.items():
                before = self._size()
                if passed.get(path) != before:
                    self._pass(path, fragments)
                    passed[path] = before

    def having(self, path: str, fragment: Fragment) -> OriginMask:
        """Return the bits of the changed classes that a fragment may have an object of."""
        parts = set(fragment.qualname.split(".")) if fragment.is_function_body else set()
        revives = self._makers.revives(path, fragment)
        found = NO_ORIGINS
        for (_, name), (bit, spread) in self.classes.items():
            makers = self._makers.of(name)
            # Who only calls a class gets an object of it, whose constructor is seen to run.
            calls = (
                fragment.uses.called_only & self.modules.lineage(name) if makers else frozenset()
            )
            if (
                fragment.qualname in makers
                or (makers and revives)
                or not parts.isdisjoint(self.modules.lineage(name))
                or spread.names.hit(
                    path, fragment, frozenset() if fragment.memo.keeps_results else calls
                )[0]
            ):
                found |= bit
        return found

    def naming(self, path: str, fragment: Fragment) -> OriginMask:
        """Return the bits of the changed classes that a fragment names in any way."""
        found = NO_ORIGINS
        for bit, spread in self.classes.values():
            found |= bit if spread.names.hit(path, fragment)[0] else NO_ORIGINS
        return found

    def imported(self, mask: OriginMask) -> OriginMask:
        """Return the bits of the changed classes that importing these modules may have used."""
        found = NO_ORIGINS
        for bit, spread in self.classes.values():
            if any(mask & self.modules.bit.get(path, NO_MODULES) for path in spread.effects):
                found |= bit
        return found

    def _size(self) -> int:
        return len(self.done) + self.names.grown + len(self.effects) + len(self.classes)

    def _pass(self, path: str, fragments: tuple[Fragment, ...]) -> None:
        reach: OriginMask = self.modules.closure[path]
        reach |= self.imported(reach)
        mask, why = self.texts.hit(self.texts.by_module.get(path, ()), self.names)
        if mask & reach:
            self.effects.setdefault(path, why)
        near = bool(self.classes or reach & self.names.origins)
        ran = self._imported.ran.get(path, {})
        for number, fragment in enumerate(fragments):
            if fragment.star:
                self._star(path, fragment)
            if (
                (path, number) in self.done
                or not (near or fragment.uses.data_strings)
                or _is_fixed(fragment)
            ):
                continue
            mask, name = self._hit(path, number, fragment, reach, ran.get(number, ()))
            if mask:
                self._again(path, number, self.names.why.get(name, f"{name} changed"))
                if fragment.uses.imports and self._lost(fragment, reach):
                    self.effects.setdefault(path, f"a name it imports is gone: {name}")

    def _hit(
        self, path: str, number: int, fragment: Fragment, reach: OriginMask, ran: Iterable[int]
    ) -> tuple[OriginMask, str]:
        """Return what makes a statement of a module run to another result, if anything does."""
        for bit, spread in self.classes.values():
            reach |= bit if (path, number) in spread.done else NO_ORIGINS
        mask, name = self.names.hit(path, fragment)
        if not mask & reach:
            mask, name = self._imported.hit(self.names, fragment, ran)
        if not mask & reach and not self.names.attrs.keys().isdisjoint(fragment.uses.data_strings):
            return OriginMask(1), min(
                self.names.attrs.keys() & fragment.uses.data_strings
            )  # where it goes, it is known
        return mask & reach, name

    def _star(self, path: str, fragment: Fragment) -> None:
        """Hand on the changed names of a module whose every name is imported."""
        bare, own = self.names.bare, self.names.bare.get(path, set())
        for source in sorted(self.modules.imported(path, fragment.uses.imports)):
            names = {it for it in bare.get(source, set()) - own if self._lists(source, it)}
            for name in sorted(names - {"__all__"}):
                self._bind(path, "", name, self.names.why[name])
            if "__all__" in names:
                self._export(path, source)

    def _lists(self, source: str, name: str) -> bool:
        """Tell whether a name of a module goes to those who import all of them."""
        known = self.modules.exports(source)
        return name == "__all__" or (name in known if known else not name.startswith("_"))

    def _export(self, path: str, source: str) -> None:
        """Hand on that a module lists other names, to one that imports all that it lists."""
        why = self.names.why["__all__"]
        if source not in self._exports:
            self.effects.setdefault(path, why)
        own = self.names.bare.get(path, set())
        for name in sorted(self._exports.get(source, frozenset()) - own):
            self._bind(path, "", name, why)
            self._gone[name] = self._gone.get(name, NO_MODULES) | self.modules.bit[path]

    def _lost(self, fragment: Fragment, reach: OriginMask) -> bool:
        return any(self._gone.get(name, NO_MODULES) & reach for name in fragment.uses.attrs)

    def _again(self, path: str, number: int, why: str) -> None:
        """Take in a statement that didn't change itself, but runs to another result."""
        if (path, number) not in self.done:
            self.done.add((path, number))
            if number < 0:
                self.effects.setdefault(path, why)
            else:
                self._statement(path, self.modules.sources[path][number], number, why)

    def _statement(
        self, path: str, fragment: Fragment, number: int, why: str, *, changed: bool = False
    ) -> None:
        """Take in a statement that runs to another result, or is itself another."""
        if fragment.is_function_body:
            return
        self.done.add((path, number))
        if fragment.is_doc:
            self._document(path, fragment, why)
            return
        if fragment.has_effect or (changed and _counts_whole(fragment)):
            self.effects.setdefault(path, why)
        if fragment.may_raise:
            self.unsafe.setdefault(path, why)
        names = set(fragment.binds)
        if fragment.may_raise:
            names |= {tip for _, tip in self._writing.of(path, fragment)}
        for name in sorted(names - {""}):
            self._bind(path, fragment.qualname, name, why)
        if fragment.qualname and not (
            self.names.unnoticed(path, fragment) and self._is_spoken(names)
        ):
            for name in fragment.qualname.split("."):
                self._bind(path, "", name, why)
        for place, name in self._written(path, fragment, number):
            self._bind(place, "", name, why)

    def _document(self, path: str, fragment: Fragment, why: str) -> None:
        """Take in a docstring; that of a member, or of a class, concerns who has an object."""
        scope = holder(fragment)
        bit: OriginMask = self.modules.bit.get(path, NO_MODULES)
        if scope and not self._whole:
            bit = self._class(path, scope, why) or bit
        tests = path in self._collected or path.endswith("conftest.py")
        self.names.document(path, fragment, why, bit, known=fragment.is_class or tests)
        for scope in () if tests else self.names.docs.telling(path, fragment):
            head = self.modules.head(path, scope)
            if head is not None:
                self._again(path, head, why)

    def _is_spoken(self, names: Iterable[str]) -> bool:
        """Tell whether code that is here asks for members: for others only a library may ask.

        Whether an object has what a protocol promises is asked without a word of it.
        """
        spoken, bodies = self.modules.spoken, self._writing.bodies
        known = all(name in spoken or name in bodies for name in names)
        return known and self.modules.promised.isdisjoint(names)

    def _bind(self, path: str, scope: str, name: str, why: str) -> None:
        bit: OriginMask = self.modules.bit.get(path, NO_MODULES)
        if scope and not self._whole:
            bit = self._class(path, scope, why) or bit
        self.names.bind(path, scope, name, why, bit)

    def _class(self, path: str, scope: str, why: str) -> OriginMask:
        """Return the bit of a class whose members changed, 0 where it has none of its own.

        Only who has an object of it notices them: who would notice if it were another class.
        """
        if (path, scope) not in self.classes and len(self.classes) < _MOST:
            head = self.modules.head(path, scope)
            if head is not None:
                spread = Spread(self.recorded, self.modules, self.texts, whole=True)
                bit = OriginMask(1 << (len(self.modules.paths) + len(self.classes)))
                self.classes[path, scope] = bit, spread
                spread._again(path, head, why)
                spread.settle()
        return self.classes.get((path, scope), (NO_ORIGINS, None))[0]

    def _written(self, path: str, fragment: Fragment, number: int) -> Iterator[tuple[str, str]]:
        """Return what the functions that a statement calls may change besides."""
        ran = [
            self.recorded.units[unit] for unit in self._imported.ran.get(path, {}).get(number, ())
        ]
        known = [
            (place, self.modules.sources[place][inner])
            for place, inner in ran
            if inner >= 0 and place in self.modules.sources
        ]
        if (path, number) in self._same and not any(
            body.reflection.signatures for _, body in known
        ):
            return  # decorators that don't look into a function file it where it was
        for place, body in known:
            yield from self._writing.of(place, body)
        if number < 0 and fragment.may_raise:
            spoken = fragment.uses.names | fragment.uses.attrs
            for called in sorted(spoken - fragment.uses.imports - fragment.uses.data_strings):
                for place, body in self._writing.bodies.get(called, ()):
                    yield from self._writing.of(place, body)


def _decorated(fragment: Fragment) -> tuple[str, frozenset[str], bytes] | None:
    """Return what tells a decorated function from others, None for one without decorators."""
    return (fragment.qualname, fragment.binds, fragment.decorators) if fragment.decorators else None


def _is_fixed(fragment: Fragment) -> bool:
    """Tell whether nothing that it refers to makes a statement run to another result."""
    listed = "__all__" in fragment.binds and not fragment.may_raise
    return fragment.is_function_body or fragment.is_doc or listed


def _counts_whole(fragment: Fragment) -> bool:
    """Tell whether everybody who imports the module may notice a statement that changed."""
    return fragment.star or (not fragment.qualname and any(map(HOOKS.fullmatch, fragment.binds)))
