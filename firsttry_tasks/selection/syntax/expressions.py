"""Notes what expressions refer to: the names in them, and what they may look at or change."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.ast_digest import Walk
from firsttry_tasks.selection.syntax.ast_queries import (
    asks_for_any,
    bare,
    dotted,
    holders,
    is_own,
    is_self,
    root,
    tip,
)
from firsttry_tasks.selection.syntax.string_names import (
    MADE,
    PASSED,
    QUOTED,
    every,
    parts,
    quoted,
    words,
)
from firsttry_tasks.selection.syntax.vocabulary import (
    ANY_MEMBER,
    ANY_NAME,
    BARE,
    FUNCTIONS,
    GENERIC,
    INNOCENT,
    KINDS,
    LABELLING,
    LOADERS,
    OWN_MODULE,
    READING,
)

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_NAMED = ast.Name | ast.Attribute


class Expressions(Walk):
    """A walk that notes what expressions do; `Uses` and `Reflection` explain most of the fields."""

    def __init__(self, scope: str) -> None:
        """Begin in the scope with this qualified name."""
        super().__init__()
        self.scope = scope
        self.names: set[str] = set()
        #: Names, and names behind dots or in strings, that are neither called nor asked for a part.
        self.held_names: set[str] = set()
        self.held: set[str] = set()
        #: Names of builtins that look names up, where no local name is the same.
        self.bare: set[str] = set()
        #: Names that are set, and those behind a dot.
        self.stores, self.attrs = set[str](), set[str]()
        #: The name that each attribute stands behind, "" where that is no plain name.
        self.behind: set[tuple[str, str]] = set()
        self.passed_on: set[str] = set()
        self.spelled, self.searched = set[str](), set[str]()
        self.sets, self.imports = set[str](), set[str]()
        #: Imported name -> what it is called where it comes from.
        self.homes: dict[str, str] = {}
        self.annotations: set[str] = set()
        self.writes: set[tuple[str, str]] = set()
        #: Names that are declared global or nonlocal.
        self.shared: set[str] = set()
        #: What is called to make something that is passed on at once.
        self.given: set[str] = set()
        #: Local name -> what was called to make it; local container -> what it was given.
        self.made: dict[str, set[str]] = {}
        #: Local name -> the existing thing that it is another name of.
        self.lent: dict[str, ast.expr] = {}
        #: Definitions inside, with qualified names: their bodies are fragments of their own.
        self.functions: list[tuple[str, ast.AST]] = []
        self.bases: tuple[str, ...] = ()
        #: Functions inside, each with what its annotations refer to.
        self.inner: dict[str, set[str]] = {}
        #: Definitions of whose docstring, annotations, names in these a fragment of its own tells.
        self.apart: ast.AST | None = None
        self.typed_apart: ast.AST | None = None
        self.typed: ast.AST | None = None
        self.has_effect = self.may_raise = self.any_name = self.any_member = self.own_module = False
        self.own_member = self.star = False
        self._begin_marks()

    def _begin_marks(self) -> None:
        """Begin with no node marked by the nodes around it."""
        #: How many classes that are not taken apart are around the present node.
        self._inside = 0
        # What an outer node knows of an inner one that is still to come, by its id: the tree keeps
        # all nodes alive.
        #: Nodes that are called, or compared with the type of something.
        self._called: set[int] = set()
        #: Nodes of which only a part is used; decorators and bases.
        self._used: set[int] = set()
        #: Nodes that look as if they asked for any name, and don't.
        self._tame: set[int] = set()
        #: Strings in a list: whole names, no parts of names.
        self._listed: set[int] = set()

    # What kinds of nodes mean. True: the fields of the node are still to be walked over.

    def on_name(self, node: ast.Name) -> bool:
        """Note that a name is referred to, or set."""
        self._text.append(f"({node.id},{node.ctx.__class__.__name__})")
        if isinstance(node.ctx, ast.Load):
            self.names.add(node.id)
            if id(node) not in self._called and id(node) not in self._used:
                self.held_names.add(node.id)
            if id(node) in self._tame:
                return False
            if node.id in BARE | LOADERS:
                self.bare.add(node.id)
            else:
                self._reflects(node.id)
        else:
            self.stores.add(node.id)
        return False

    def on_attribute(self, node: ast.Attribute) -> bool:
        """Note the name behind the dot; setting it changes what stands before the dot."""
        self.attrs.add(node.attr)
        if isinstance(node.value, ast.Name):
            self.behind.add((node.value.id, node.attr))
        else:
            self.behind.add(("", node.attr))
        # `x.__dict__` holds everything in `x`, so `x` counts as passed on as a whole.
        if node.attr == "__dict__":
            self._hand(node.value)
            self.attrs |= {"__class__"} if root(node) == "cls" else set()
        if node.attr == "__doc__":
            self.held.add(f"{tip(node.value)}.__doc__")
        self._used.add(id(node if node.attr == "__doc__" else node.value))
        if isinstance(node.ctx, ast.Load):
            self.may_raise = True
            if id(node) not in self._called and id(node) not in self._used:
                self.held.add(node.attr)
            if node.attr in BARE and root(node.value) not in {"builtins", "__builtins__"}:
                return True
            if id(node) not in self._tame and not is_self(node.value):
                self._reflects(node.attr, root(node.value))
        else:
            self.may_raise = True
            self.sets.add(node.attr)
            self.writes |= {(root(node), node.attr), (root(node), tip(bare(node.value)))}
        return True

    def only_behind(self, own: AbstractSet[str] = frozenset()) -> frozenset[tuple[str, str]]:
        """Return the attributes that stand nowhere but behind names, ``own`` ones left out."""
        loose = {attr for name, attr in self.behind if not name or name in own} | self.spelled
        return frozenset(pair for pair in self.behind if pair[1] not in loose)

    def reflects_by(self, own: AbstractSet[str]) -> None:
        """Take in the builtins that look names up, but for those that are local names here."""
        for name in self.bare - own:
            self._reflects(name)
        self.any_name = self.any_name or not self.searched.isdisjoint(own)

    def _reflects(self, name: str, of: str = "") -> None:
        """Note that a name stands for a way to look things up; ``of`` stands before its dot."""
        self.any_name = self.any_name or name in ANY_NAME | LOADERS
        self.any_member = self.any_member or (name in ANY_MEMBER and of not in FUNCTIONS)
        self.own_module = self.own_module or name in OWN_MODULE

    def on_subscript(self, node: ast.Subscript) -> bool:
        """Note that setting an item changes what stands before the bracket."""
        self.may_raise = True
        if tip(node.value) in GENERIC:
            # Type variables are looked at by few classes, as annotations are.
            self._hint(node.slice)
            self._fields(node, "slice")
            return False
        # `vars(x)["name"]` asks for one name, which is noted as a string.
        if isinstance(node.slice, ast.Constant):
            self._tame.add(id(node.value))
            # `sys.modules["conf"]` is the module, whatever is asked of it.
            if tip(node.value) == "modules":
                self.passed_on.add(quoted(node.slice.value))
        if not isinstance(node.ctx, ast.Load):
            self.writes.add((root(node), tip(bare(node.value))))
        return True

    def on_call(self, node: ast.Call) -> bool:
        """Note that a method may change what it is called on; any call may fail."""
        self.may_raise = True
        func = node.func
        kinds = node.args[1:] if tip(func) in KINDS else []
        self._called.update(map(id, (func, *chain.from_iterable(map(members, kinds)))))
        if tip(func) not in INNOCENT:
            self._hand(*node.args, *(word.value for word in node.keywords))
            self.held.update(PASSED + tip(it) for it in node.args if isinstance(it, _NAMED))
        of_own = bool(node.args) and is_own(node.args[0])
        if asks_for_any(node):
            self.own_member, self.any_name = self.own_member or of_own, self.any_name or not of_own
        if tip(func) in ANY_NAME and of_own:
            # `dir(cls)` lists members of this class, and no names of modules. What an instance
            # holds for `vars(self)` was put there by code that ran, and that is recorded.
            held = tip(func) == "vars" and is_self(node.args[0])
            self.own_member = self.own_member or not held
            self._tame.add(id(func))
        elif tip(func) in BARE & ANY_NAME and node.args and isinstance(node.args[0], ast.Name):
            self.searched.add(node.args[0].id)
            self._tame.add(id(func))
        if isinstance(func, ast.Attribute):
            self._listing(node, func.value)
            if func.attr not in READING:
                self.writes.update((root(node), end) for end in holders(bare(func.value)))
        if node.args:
            self._first(func, node.args)
        # `"one two".split()` is a list of names.
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Constant):
            self._spell(every(str(func.value.value)))
        # An autouse fixture concerns tests that don't name it.
        self.has_effect = self.has_effect or any(word.arg == "autouse" for word in node.keywords)
        return True

    def _first(self, func: ast.expr, values: list[ast.expr]) -> None:
        """Note what the first argument says about a call."""
        if isinstance(values[0], ast.Constant):
            if isinstance(func, ast.Attribute):
                # `x.__dict__.get("name")` asks for one name.
                self._tame.add(id(func.value))
            if tip(func) in LABELLING:
                self._tame.add(id(values[0]))

    def _hand(self, *values: ast.expr) -> None:
        """Note modules and classes that are passed on as a whole, by themselves or by name."""
        for value in values:
            if isinstance(value, ast.Constant):
                self.passed_on.add(quoted(value.value))
            elif isinstance(value, ast.List | ast.Tuple | ast.Set):
                self._hand(*value.elts)
            elif isinstance(value, ast.Dict):
                self._hand(*value.values)
            elif isinstance(value, ast.Call):
                self.given.add(MADE + dotted(value.func))
            else:
                self.passed_on.add(dotted(value))

    def on_constant(self, node: ast.Constant) -> bool:
        """Note the names that a string may stand for."""
        self._text.append(f"({type(node.value).__name__}:{node.value!r})")
        if isinstance(node.value, str) and id(node) not in self._tame:
            if id(node) not in self._listed:
                self.attrs |= parts(node.value)
                self.behind.update(("", it) for it in parts(node.value))
                self.held |= parts(node.value)
            self._spell(words(node.value))
        return False

    def _spell(self, names: frozenset[str]) -> None:
        self.attrs |= names
        self.spelled |= names
        self.held.update(QUOTED + name for name in names)

    def _listing(self, node: ast.AST, *changed: ast.expr) -> None:
        """Note that ``__all__`` is only copied into another ``__all__``, which looks nothing up."""
        if any(tip(each) == "__all__" for each in changed):
            lists = (each for each in ast.walk(node) if isinstance(each, _NAMED))
            self._tame.update(id(each) for each in lists if tip(each) == "__all__")

    def on_list(self, node: ast.List | ast.Tuple | ast.Set) -> bool:
        """Note that strings in a list are whole names, if they are names."""
        self._listed.update(map(id, node.elts))
        return True

    def on_compare(self, node: ast.Compare) -> bool:
        """Note that ``"name" in x.__dict__`` asks for one name only."""
        if isinstance(node.left, ast.Constant):
            self._tame.update(map(id, node.comparators))
        return True

    def _hint(self, node: ast.expr) -> None:
        """Walk over an annotation; its names are kept apart, its text counts."""
        before = self.references()
        self.visit(node)
        self.annotations |= (self.names - before[0]) | (self.attrs - before[1])
        self.forget(before)

    def references(self) -> tuple[set[str], ...]:
        """Return copies of what is referred to so far, to `forget` what comes after."""
        kinds = self.names, self.attrs, self.passed_on, self.held_names, self.held
        return tuple(map(set, kinds))

    def forget(self, before: tuple[set[str], ...]) -> None:
        """Go back to what was referred to before a part that no code looks at."""
        self.names, self.attrs, self.passed_on, self.held_names, self.held = before


def members(node: ast.expr | None) -> list[ast.expr]:
    """Return the elements of a tuple, or a node that is no tuple as the only element."""
    return node.elts if isinstance(node, ast.Tuple) else [node] if node is not None else []
