"""Carries changed names through the module-level code of all modules, until nothing is added.

A statement that changed makes the names that it binds changed. A statement elsewhere that refers
to one of them runs to another result, so the names that it binds are changed as well.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from firsttry_tasks.model.refinements import Refinement
from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, NO_ORIGINS, OriginMask
from firsttry_tasks.selection.impact.changed_names import ChangedNames, How
from firsttry_tasks.selection.impact.data_file_names import DataFileNames
from firsttry_tasks.selection.impact.docstrings import holder
from firsttry_tasks.selection.impact.import_graph import ImportGraph, exported
from firsttry_tasks.selection.impact.import_time_calls import ImportTimeCalls, stirred
from firsttry_tasks.selection.impact.onlookers import Instances
from firsttry_tasks.selection.impact.side_effects import SideEffects
from firsttry_tasks.selection.syntax.diff import FragmentDiff
from firsttry_tasks.selection.syntax.fragment import Fragment, concerns_importers, is_evaluated

#: Changed classes that are followed one by one; a member of any further one counts as a change of
#: its module. Each costs a propagation of its own, and an edit seldom touches more: a judgement.
_MOST_CLASSES = 4


class Propagation:
    """The changed names of one recorded run, and the modules whose import changed."""

    def __init__(
        self,
        modules: ImportGraph,
        texts: DataFileNames,
        without: AbstractSet[Refinement],
        *,
        whole: bool = False,
    ) -> None:
        """Begin with nothing changed, and ``without`` some refinements.

        With ``whole`` a changed member of a class counts as a change of the module around it,
        and no class gets a bit of its own.
        """
        self.modules = modules
        self.texts = texts
        # Bits from the lowest: for each module, for each followed class, four for docstrings.
        self.names = ChangedNames(
            modules, OriginMask(1 << (len(modules.paths) + _MOST_CLASSES)), without
        )
        self._without = without
        self._instances = Instances(modules)
        #: Module -> why its import as a whole counts as changed.
        self.effects: dict[str, str] = {}
        #: Module -> why its import may raise now.
        self.unsafe: dict[str, str] = {}
        #: Statements that run to another result, by file and number; -1 is an added one.
        self.done: set[tuple[str, int]] = set()
        #: Changed class -> its bit, and what would change if the class were another one.
        self.classes: dict[tuple[str, str], tuple[OriginMask, Propagation]] = {}
        self._whole = whole or "instances" in without
        #: File -> what came to or left its ``__all__``.
        self._exports: dict[str, frozenset[str]] = {}
        self._imported = ImportTimeCalls(modules)
        self._writing = SideEffects(modules)
        self._stirred = stirred(modules)

    def change(self, path: str, delta: FragmentDiff) -> None:
        """Take in the changed statements of one file; `settle` carries their names on."""
        old = self.modules.sources[path]
        exports = exported(old[number] for number in delta.statements)
        became = exported(delta.added)
        if exports is not None and became is not None:
            self._exports[path] = exports ^ became
        for number in sorted(delta.statements):
            self._statement(path, old[number], number, f"{path} changed", changed=True)
        classes = {name for fragment in delta.added if fragment.is_class for name in fragment.binds}
        new = classes - {name for fragment in old if fragment.is_class for name in fragment.binds}
        for fragment in delta.added:
            # A new class is reached through its name alone, which its own statement binds. So its
            # members needn't count as changed one by one.
            if fragment.qualname.partition(".")[0] not in new:
                self._statement(path, fragment, -1, f"{path} changed", changed=True)
        for name in delta.removed:
            self.names.lose(path, name)

    def ran_at_import(self, units: Mapping[int, str]) -> None:
        """Take in the statements that ran a changed function while modules were imported.

        ``units`` are the changed functions by number, each with the reason.
        """
        for path, lines in self._imported.ran.items():
            for number, ran in lines.items():
                for unit in ran & units.keys():
                    self._rerun(path, number, units[unit])

    def observed_at_import(self, path: str, statements: AbstractSet[int], why: str) -> None:
        """Take in the statements of a module that observed what no longer holds."""
        asking = self._imported.asking(path, statements)
        if not asking:
            self.effects.setdefault(path, why)
        for number in asking:
            self._rerun(path, number, why)

    def settle(self) -> None:
        """Carry changed names through module-level code until nothing is added.

        It ends because nothing is ever taken away and there are finitely many names and bits.
        """
        passed: dict[str, int] = {}
        while any(passed.get(path) != self._size() for path in self.modules.sources):
            for path, fragments in self.modules.sources.items():
                before = self._size()
                if passed.get(path) != before:
                    self._pass(path, fragments)
                    passed[path] = before

    def having(self, path: str, fragment: Fragment) -> OriginMask:
        """Return the bits of the changed classes of which a fragment can hold an instance."""
        known = ((name, bit, spread.names.hit) for (_, name), (bit, spread) in self.classes.items())
        return self._instances.having(path, fragment, known)

    def imported(self, mask: OriginMask) -> OriginMask:
        """Return the bits of the changed classes that importing these modules may involve."""
        found = NO_ORIGINS
        for bit, spread in self.classes.values():
            if any(mask & self.modules.bit.get(path, NO_MODULES) for path in spread.effects):
                found |= bit
        return found

    def _size(self) -> int:
        """Return a number that grows whenever something is added, to see when nothing is."""
        return len(self.done) + self.names.grown + len(self.effects) + len(self.classes)

    def _pass(self, path: str, fragments: tuple[Fragment, ...]) -> None:
        """Take in the statements of one module that refer to a changed name."""
        # A name counts only if it comes from a module that this one imports: two modules that
        # have nothing to do with each other may use one name.
        reach: OriginMask = self.modules.closure[path] | self.imported(self.modules.closure[path])
        for at, read in self.texts.by_module.get(path, {}).items():
            mask, why = self.texts.hit(read, self.names)
            if mask & reach:
                self.observed_at_import(path, {at}, why)
        # Most modules depend on no origin at all; their statements needn't be asked one by one, but
        # for strings in data, which other code looks up, wherever it is.
        near = bool(self.classes or reach & self.names.origins)
        ran = self._imported.ran.get(path, {})
        for number, fragment in enumerate(fragments):
            if fragment.star:
                self._star(path, fragment)
            known = (path, number) in self.done or not is_evaluated(fragment)
            if known or not (near or fragment.uses.data_strings):
                continue
            mask, name = self._hit(path, number, fragment, reach, ran.get(number, ()))
            if mask:
                self._rerun(path, number, self.names.why.get(name, f"{name} changed"))
                # The import raises now, and what follows it in the module doesn't run.
                if fragment.uses.imports and self.names.lost(fragment, reach):
                    self.effects.setdefault(path, f"{path} imports {name}, which is gone")
            elif self.names.docs.quiet and self.names.docs.handed(path, fragment):
                # What says something else stands in what it binds or fills.
                filled = {tip for _, tip in self._writing.of(path, fragment)}
                self.names.hold((fragment.binds | filled) - {""})

    def _hit(
        self, path: str, number: int, fragment: Fragment, reach: OriginMask, ran: Iterable[int]
    ) -> tuple[OriginMask, str]:
        """Return the origins that make a statement run to another result, and a changed name."""
        if fragment.of_types:
            mask, name = self.names.typed(path, fragment)
            return mask & reach, name
        for bit, spread in self.classes.values():
            reach |= bit if (path, number) in spread.done else NO_ORIGINS
        docs = self.names.docs
        if docs.quiet and any(
            docs.may_tell(*it) for it in ((path, fragment), *self._imported.fragments(path, number))
        ):
            reach |= docs.told
        mask, name = self.names.hit(path, fragment)
        if not mask & reach:
            mask, name = self._imported.hit(self.names, fragment, ran)
        if not mask & reach and not self.names.attrs.keys().isdisjoint(fragment.uses.data_strings):
            # A table of names is read by other code, in modules that this one needn't import. Any
            # origin will do: the caller asks only whether there is one.
            return OriginMask(1), min(self.names.attrs.keys() & fragment.uses.data_strings)
        return mask & reach, name

    def _star(self, path: str, fragment: Fragment) -> None:
        """Make changed names of a module changed in one that has ``from it import *``."""
        bare, own = self.names.bare, self.names.bare.get(path, set())
        for source in sorted(self.modules.imported(path, fragment.uses.imports)):
            names = {it for it in bare.get(source, set()) - own if self.names.lists(source, it)}
            for name in sorted(names - {"__all__"}):
                self._bind(path, name, self.names.why[name])
            if "__all__" in names:
                self._export(path, source)

    def _export(self, path: str, source: str) -> None:
        """Take in that a module, whose every name another one imports, lists other names."""
        why = self.names.why["__all__"]
        # An `__all__` that is computed doesn't say which names came or went.
        if source not in self._exports:
            self.effects.setdefault(path, why)
        own = self.names.bare.get(path, set())
        for name in sorted(self._exports.get(source, frozenset()) - own):
            self._bind(path, name, why)
            self.names.lose(path, name)

    def _rerun(self, path: str, number: int, why: str) -> None:
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
        """Take in a statement that runs to another result or, if ``changed``, has another text."""
        if fragment.is_function_body:
            return
        self.done.add((path, number))
        if fragment.is_doc:
            self._document(path, fragment, why, changed=changed)
            return
        calls = "side-effects" in self._without and fragment.may_raise and not fragment.uses.imports
        if fragment.has_effect or calls or (changed and concerns_importers(fragment)):
            self.effects.setdefault(path, why)
        names = set(fragment.binds)
        # A statement that can't raise calls nothing, so it changes no state besides its names.
        if fragment.may_raise:
            self.unsafe.setdefault(path, why)
            names |= {tip for _, tip in self._writing.of(path, fragment)}
        scope = fragment.qualname  # nobody asks yet for what is new under a name that no code says
        unasked = number < 0 and self._writing.is_new(path, names)
        quiet = unasked and (not scope or self.names.unnoticed(path, fragment))
        for name in sorted(names - {""}):
            bit = self._origin(path, scope, why)
            self.names.bind(path, scope, name, why, bit, "quiet" if quiet else "")
        # What looks at all members makes the class itself another one, and every class around it.
        if fragment.qualname and not (
            self.names.unnoticed(path, fragment)
            and self._writing.is_named(names, new=number < 0)
            and not self._imported.are_told(path, fragment.qualname)
        ):
            for name in fragment.qualname.split("."):
                self._bind(path, name, why)
        ran = self._imported.fragments(path, number)
        stirred = self._stirred.get(path, frozenset())
        for place, name in self._writing.after(ran, fragment, added=number < 0):
            self._bind(place, name, why, "own" if number >= 0 and name not in stirred else "")

    def _document(self, path: str, fragment: Fragment, why: str, *, changed: bool) -> None:
        """Take in a changed docstring; holders of an instance can read a class's or member's."""
        docs, tests = self.names.docs, self.modules.has_tests(path)
        numbers = tuple(self.modules.definitions(path, fragment.qualname))
        # Annotations are evaluated, which may raise, or run code. A name alone does neither, if it
        # was there before.
        if fragment.may_raise and (changed or fragment.has_effect):
            self.unsafe.setdefault(path, why)
            plain = (it for it in numbers if not self.modules.sources[path][it].decorated)
            ran = any(self._imported.fragments(path, number) for number in plain)
            if ran or docs.calls(path, fragment, self.names.plain.is_plain):
                self.effects.setdefault(path, why)
        if docs.unread(path, fragment):
            return
        bit = self._origin(path, holder(fragment), why)
        # Pytest shows docstrings of tests and fixtures, which it finds without naming them.
        self.names.document(path, fragment, why, bit, known=fragment.is_class or tests)
        whole = docs.is_code(path, fragment)
        for number in numbers:
            if whole or any(docs.may_tell(*it) for it in self._imported.fragments(path, number)):
                self._rerun(path, number, why)
        for scope in () if tests else docs.telling(path, fragment):
            for number in self.modules.definitions(path, scope):
                self._rerun(path, number, why)

    def _bind(self, path: str, name: str, why: str, how: How = "") -> None:
        self.names.bind(path, "", name, why, self._origin(path, "", why), how)

    def _origin(self, path: str, scope: str, why: str) -> OriginMask:
        """Return the bit of a class that is followed, or else the bit of its module."""
        bit: OriginMask = self.modules.bit.get(path, NO_MODULES)
        return bit if self._whole or not scope else self._class(path, scope, why) or bit

    def _class(self, path: str, scope: str, why: str) -> OriginMask:
        """Return the bit of a class whose members changed, no bit if it isn't followed.

        A changed member affects only code that can hold an instance. That is the code that would
        notice if the class itself were another one, so this is what is propagated.
        """
        if (path, scope) not in self.classes and len(self.classes) < _MOST_CLASSES:
            head = self.modules.head(path, scope)
            if head is not None:
                spread = Propagation(self.modules, self.texts, self._without, whole=True)
                bit = OriginMask(1 << (len(self.modules.paths) + len(self.classes)))
                self.classes[path, scope] = bit, spread
                spread._rerun(path, head, why)
                spread.settle()
        return self.classes.get((path, scope), (NO_ORIGINS, None))[0]
