"""One walk over one piece of code: its text without layout, and the names in it."""

from __future__ import annotations

import ast
import sys
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.selection.chains import (
    Function,
    asks_for_any,
    bare,
    dotted,
    holders,
    is_inspected,
    is_self,
    own_attributes,
    root,
    tip,
)
from firsttry_tasks.selection.spelling import every, parts, quoted, words
from firsttry_tasks.selection.terms import (
    CHANGING,
    FUNCTIONS,
    GENERIC,
    INNOCENT,
    KINDS,
    LABELLING,
    LOOKING,
    MIRRORS,
    PEEKING,
    READING,
    WILD,
)
from firsttry_tasks.selection.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Scan(Walk):
    """What one walk finds; see ``Piece`` for the meaning of most of it.

    ``stores`` are names set, ``shared`` those declared global or nonlocal, ``kept`` the first
    names of chains that something is stored in, ``functions`` the definitions inside with their
    qualified names: their bodies are pieces of their own. ``homes`` are what imported names are
    called where they come from. ``loose`` are names that are not only called, or asked whether
    something is of their kind. ``lazy`` tells of ``if self.x is None:
    self.x = ...``, and ``made`` are such ``x``.
    """

    def __init__(self, scope: str) -> None:
        """Begin in the scope with this qualified name."""
        super().__init__()
        self.scope = scope
        self.names: set[str] = set()
        self.loose: set[str] = set()
        self.stores: set[str] = set()
        self.attrs: set[str] = set()
        self.handed: set[str] = set()
        self.spelled: set[str] = set()
        self.sets: set[str] = set()
        self.homes: dict[str, str] = {}
        self.lazy: set[str] = set()
        self.made: set[str] = set()
        self.hints: set[str] = set()
        self.imports: set[str] = set()
        self.writes: set[tuple[str, str]] = set()
        self.shared: set[str] = set()
        self.kept: set[str] = set()
        self.functions: list[tuple[str, ast.AST]] = []
        self.bases: tuple[str, ...] = ()
        self.apart: ast.AST | None = None  # a definition whose docstring is a piece of its own
        self.effect = self.unsafe = self.wild = self.peeks = self.mirror = False
        self.star = self.looks = False
        self._inside = 0  # classes that are not taken apart
        self._told: set[int] = set()  # nodes that are called, or asked for their kind
        self._tame: set[int] = set()  # nodes that seem to ask for any name, and don't
        self._listed: set[int] = set()  # strings that are one of many, not the part of a name

    def head(self, node: ast.ClassDef) -> None:
        """Walk over a class without its body."""
        self._text.append("ClassDef")
        self._fields(node, "body")
        self.stores.add(node.name)
        self.bases = tuple(tip(base) for base in node.bases)
        self.unsafe = bool(node.decorator_list or node.keywords or node.bases)

    def body(self, node: Function) -> None:
        """Walk over a function without signature and docstring: the definition has those."""
        has_doc = ast.get_docstring(node, clean=False) is not None
        self._text.append(node.__class__.__name__)
        self._each(node.body[1:] if has_doc else node.body)

    def special(self, kind: str, node: ast.AST) -> bool:
        """Ask what is known of this kind of node."""
        known = _SPECIAL.get(kind)
        return known is None or known(self, node)

    # What kinds of nodes mean. True: the fields of the node are still to be walked over.

    def on_name(self, node: ast.Name) -> bool:
        """Note who is referred to, and who is set."""
        self._text.append(f"({node.id},{node.ctx.__class__.__name__})")
        if isinstance(node.ctx, ast.Load):
            self.names.add(node.id)
            if id(node) not in self._told:
                self.loose.add(node.id)
            if id(node) not in self._tame:
                self._reflects(node.id)
        else:
            self.stores.add(node.id)
        return False

    def on_attribute(self, node: ast.Attribute) -> bool:
        """Note the name behind the dot; setting it changes what stands before the dot."""
        self.attrs.add(node.attr)
        if id(node) not in self._told:
            self.loose.add(node.attr)
        if isinstance(node.ctx, ast.Load):
            self.unsafe = True
            if id(node) not in self._tame and not is_self(node.value):
                self._reflects(node.attr, root(node.value))
        else:
            self.unsafe = True
            self.sets.add(node.attr)
            self.writes |= {(root(node), node.attr), (root(node), tip(bare(node.value)))}
            self.kept.add(root(node))
        return True

    def _reflects(self, name: str, of: str = "") -> None:
        self.looks = self.looks or name in LOOKING
        self.wild = self.wild or name in WILD
        self.peeks = self.peeks or (name in PEEKING and of not in FUNCTIONS)
        self.mirror = self.mirror or name in MIRRORS

    def on_subscript(self, node: ast.Subscript) -> bool:
        """Note that setting an item changes what stands before the bracket."""
        self.unsafe = True
        if tip(node.value) in GENERIC:
            self._hint(node.slice)  # type variables: only some classes look at them
            self._fields(node, "slice")
            return False
        if isinstance(node.slice, ast.Constant):
            self._tame.add(id(node.value))
        if not isinstance(node.ctx, ast.Load):
            self.writes.add((root(node), tip(bare(node.value))))
            self.kept.add(root(node))
        return True

    def on_call(self, node: ast.Call) -> bool:
        """Note that a method may change what it is called on; any call may fail."""
        self.unsafe = True
        func = node.func
        kinds = node.args[1:] if tip(func) in KINDS else []
        self._told.update(map(id, (func, *chain.from_iterable(map(_members, kinds)))))
        if tip(func) not in INNOCENT:
            self._hand(*node.args, *(word.value for word in node.keywords))
        self.wild = self.wild or asks_for_any(node)
        if tip(func) == "vars" and node.args and is_self(node.args[0]):
            self._tame.add(id(func))  # what an object holds was put there by code that ran
        if isinstance(func, ast.Attribute):
            if func.attr not in READING:
                self.writes.update((root(node), end) for end in holders(bare(func.value)))
            if func.attr in CHANGING:
                self.kept.add(root(node))
        if node.args and isinstance(node.args[0], ast.Constant):
            if isinstance(func, ast.Attribute):
                self._tame.add(id(func.value))  # `x.__dict__.get("name")` asks for one name
            if tip(func) in LABELLING:
                self._tame.add(id(node.args[0]))
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Constant):
            self.spelled |= every(str(func.value.value))  # `"one two".split()`
            self.attrs |= self.spelled
            self.loose |= self.spelled
        self.effect = self.effect or any(word.arg == "autouse" for word in node.keywords)
        return True

    def _hand(self, *values: ast.expr) -> None:
        """Note what is given away as a whole: modules and classes, by themselves or by name."""
        for value in values:
            if isinstance(value, ast.Constant):
                self.handed.add(quoted(value.value))
            elif isinstance(value, ast.List | ast.Tuple | ast.Set):
                self._hand(*value.elts)
            elif isinstance(value, ast.Dict):
                self._hand(*value.values)
            else:
                self.handed.add(dotted(value))

    def on_constant(self, node: ast.Constant) -> bool:
        """Short strings may be names of something."""
        self._text.append(f"({type(node.value).__name__}:{node.value!r})")
        if isinstance(node.value, str) and id(node) not in self._tame:
            found = words(node.value)
            if id(node) not in self._listed:
                self.attrs |= parts(node.value)
            self.attrs |= found
            self.spelled |= found
            self.loose |= found
        return False

    def on_list(self, node: ast.List | ast.Tuple | ast.Set) -> bool:
        """Note that its strings are whole names, if they are names."""
        self._listed.update(map(id, node.elts))
        return True

    def on_import(self, node: ast.Import) -> bool:
        """Note the module, and the name it is bound to."""
        self.unsafe = self.unsafe or not _standard(alias.name for alias in node.names)
        for alias in node.names:
            self.imports.add(alias.name)
            self.attrs.update(alias.name.split("."))
            self._import(alias.asname or alias.name.partition(".")[0], alias)
        return True

    def on_import_from(self, node: ast.ImportFrom) -> bool:
        """Note the module and the name in it, which may be a module as well."""
        self.unsafe = True
        source = "." * node.level + (node.module or "")
        self.imports.add(source)
        for alias in node.names:
            if alias.name == "*":
                self.star = True
            else:
                self._import(alias.asname or alias.name, alias)
                self.attrs.add(alias.name)
                self.imports.add(f"{source}{'' if source.endswith('.') else '.'}{alias.name}")
        return True

    def _import(self, name: str, alias: ast.alias) -> None:
        self.stores.add(name)
        self.homes[name] = alias.name.rpartition(".")[2]
        if alias.asname:
            self.loose.add(self.homes[name])

    def on_function(self, node: Function) -> bool:
        """Take in signature, decorators and docstring; the body is another piece."""
        self.stores.add(node.name)
        name = f"{self.scope}.{node.name}" if self.scope else node.name
        self.functions.append((name, node))
        doc = ast.get_docstring(node, clean=False)
        if doc is not None and node is not self.apart:
            self._text.append(repr(doc))
        self.unsafe = self.unsafe or bool(node.decorator_list)
        if self._inside or is_inspected(node):
            self._fields(node, "body")
        else:
            self._signature(node)
        return False

    def _signature(self, node: Function) -> None:
        """Annotations that nobody inspects are text, not references."""
        before = set(self.names), set(self.attrs), set(self.handed)
        self._fields(node, "body")
        self.names, self.attrs, self.handed = before
        defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each]
        text, self._text = self._text, []
        self._each((*defaults, *node.decorator_list))
        self._text = text

    def on_class(self, node: ast.ClassDef) -> bool:
        """Take in a class inside a function or a compound statement: its methods are pieces."""
        self.stores.add(node.name)
        outer, self.scope = self.scope, f"{self.scope}.{node.name}" if self.scope else node.name
        self._inside += 1
        self._fields(node)
        self._inside -= 1
        self.scope = outer
        return False

    def on_annotated(self, node: ast.AnnAssign) -> bool:
        """Keep annotations of variables apart: only some classes look at them."""
        self._hint(node.annotation)
        self._fields(node, "annotation")
        return False

    def _hint(self, node: ast.expr) -> None:
        before = set(self.names), set(self.attrs), set(self.handed)
        self.visit(node)
        self.hints |= (self.names - before[0]) | (self.attrs - before[1])
        self.names, self.attrs, self.handed = before

    def on_assign(self, node: ast.Assign) -> bool:
        """Another name is given; ``wrapper.__doc__ = function.__doc__`` looks at nothing."""
        value = node.value
        if not isinstance(node.targets[0], ast.Subscript) and not isinstance(value, ast.Constant):
            self._hand(value)
        if isinstance(value, ast.Attribute) and isinstance(node.targets[0], ast.Attribute):
            self._tame.add(id(value))
        return True

    def on_return(self, node: ast.Return) -> bool:
        """Note that what is returned goes elsewhere."""
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self._hand(node.value)
        return True

    def on_shared(self, node: ast.Global | ast.Nonlocal) -> bool:
        """Names that outlive the function."""
        self.shared.update(node.names)
        return True

    def on_expression(self, node: ast.Expr) -> bool:
        """Note that a docstring binds ``__doc__``; another expression is there for its effect."""
        if not isinstance(node.value, ast.Constant):
            self.effect = True
            return True
        if not isinstance(node.value.value, str):
            return True
        self._text.append(f"({node.value.value!r})")
        self.stores.add("__doc__")
        return False

    def on_condition(self, node: ast.If) -> bool:
        """Find out whether something is made only where it is missing."""
        self.unsafe = True
        asked = own_attributes(node.test)
        self.lazy |= {
            target.attr
            for inner in (ast.walk(node) if asked else ())
            if isinstance(inner, ast.Assign)
            for target in inner.targets
            if isinstance(target, ast.Attribute) and target.attr in asked
        }
        if any(isinstance(each, ast.Is | ast.IsNot) for each in ast.walk(node.test)):
            self.made |= asked
        return True

    def on_compare(self, node: ast.Compare) -> bool:
        """``"name" in x.__dict__`` asks for one name."""
        if isinstance(node.left, ast.Constant):
            self._tame.update(map(id, node.comparators))
        return True

    def on_handler(self, node: ast.ExceptHandler) -> bool:
        """Note that it is asked whether an error is of a kind."""
        self._told.update(map(id, _members(node.type)))
        return True

    def on_effect(self, _node: ast.AST) -> bool:
        """More than binding names."""
        self.effect = self.unsafe = True
        return True

    def on_risk(self, _node: ast.AST) -> bool:
        """May raise."""
        self.unsafe = True
        return True


def _members(node: ast.expr | None) -> list[ast.expr]:
    """Return what a tuple holds, or what is no tuple itself."""
    return node.elts if isinstance(node, ast.Tuple) else [node] if node is not None else []


def _standard(names: Iterable[str]) -> bool:
    """Tell whether all these modules are the standard library's, which are there."""
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


_SPECIAL: dict[str, Callable[[Scan, ast.AST], bool]] = {  # each is asked about its kind only
    "Name": Scan.on_name,  # type: ignore[dict-item]
    "Attribute": Scan.on_attribute,  # type: ignore[dict-item]
    "Subscript": Scan.on_subscript,  # type: ignore[dict-item]
    "Call": Scan.on_call,  # type: ignore[dict-item]
    **dict.fromkeys(("List", "Tuple", "Set"), Scan.on_list),  # type: ignore[arg-type]
    "Constant": Scan.on_constant,  # type: ignore[dict-item]
    "Import": Scan.on_import,  # type: ignore[dict-item]
    "ImportFrom": Scan.on_import_from,  # type: ignore[dict-item]
    "FunctionDef": Scan.on_function,  # type: ignore[dict-item]
    "AsyncFunctionDef": Scan.on_function,  # type: ignore[dict-item]
    "ClassDef": Scan.on_class,  # type: ignore[dict-item]
    "AnnAssign": Scan.on_annotated,  # type: ignore[dict-item]
    "Assign": Scan.on_assign,  # type: ignore[dict-item]
    "Global": Scan.on_shared,  # type: ignore[dict-item]
    "Expr": Scan.on_expression,  # type: ignore[dict-item]
    "If": Scan.on_condition,  # type: ignore[dict-item]
    "Return": Scan.on_return,  # type: ignore[dict-item]
    "Compare": Scan.on_compare,  # type: ignore[dict-item]
    "ExceptHandler": Scan.on_handler,  # type: ignore[dict-item]
    **dict.fromkeys(
        ("For", "While", "With", "AsyncFor", "AsyncWith", "Delete", "Raise", "Assert"),
        Scan.on_effect,
    ),
    **dict.fromkeys(("BinOp", "Match"), Scan.on_risk),
}
