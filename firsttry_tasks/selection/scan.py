"""One walk over one piece of code: its text without layout, and the names in it."""

from __future__ import annotations

import ast
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING

from firsttry_tasks.selection.chains import (
    Function,
    asks_for_any,
    holders,
    is_inspected,
    is_self,
    own_attributes,
    root,
    tip,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Asking for names that stand nowhere in the code.
WILD = frozenset({"vars", "dir", "getmembers", "__subclasses__"})
PEEKING = frozenset({"__dict__", "__annotations__", "get_type_hints"})
MIRRORS = frozenset({"globals", "eval", "exec", "__globals__"})
GENERIC = frozenset({"Generic", "Protocol"})
#: Calls whose first argument is a label, not the name of something to look up.
LABELLING = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "getLogger", "compile"})
#: Methods that change what they are called on.
CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "extend", "insert", "pop", "popitem", "push", "put",
     "register", "remove", "discard", "set", "setdefault", "update", "send"}
)  # fmt: skip


class Scan:
    """What one walk finds; see ``Piece`` for the meaning of most of it.

    ``stores`` are names set, ``shared`` those declared global or nonlocal, ``kept`` the first
    names of chains that something is stored in, ``functions`` the definitions inside with their
    qualified names: their bodies are pieces of their own. ``lazy`` tells of ``if self.x is None:
    self.x = ...``.
    """

    def __init__(self, scope: str) -> None:
        """Begin in the scope with this qualified name."""
        self.scope = scope
        self.names: set[str] = set()
        self.stores: set[str] = set()
        self.attrs: set[str] = set()
        self.hints: set[str] = set()
        self.imports: set[str] = set()
        self.writes: set[tuple[str, str]] = set()
        self.shared: set[str] = set()
        self.kept: set[str] = set()
        self.functions: list[tuple[str, ast.AST]] = []
        self.bases: tuple[str, ...] = ()
        self.effect = self.unsafe = self.wild = self.peeks = self.mirror = False
        self.star = self.lazy = False
        self._text: list[str] = []
        self._inside = 0  # classes that are not taken apart
        self._tame: set[int] = set()  # nodes that seem to ask for any name, and don't

    def digest(self) -> bytes:
        """Return the digest of all that was walked over."""
        text = "".join(self._text).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=8).digest()

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

    def visit(self, node: ast.AST) -> None:
        """Walk over a node and all inside it."""
        kind = node.__class__.__name__
        self._text.append(kind)
        special = _SPECIAL.get(kind)
        if special is None or special(self, node):
            self._fields(node)

    def _fields(self, node: ast.AST, *skip: str) -> None:
        text = self._text
        text.append("(")
        for field in node._fields:
            if field in skip:
                continue
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                self.visit(value)
            elif isinstance(value, list):
                self._each(value)
            else:
                text.append(repr(value))
            text.append(",")
        text.append(")")

    def _each(self, values: Iterable[object]) -> None:
        self._text.append("[")
        for value in values:
            if isinstance(value, ast.AST):
                self.visit(value)
            else:
                self._text.append(repr(value))
            self._text.append(",")
        self._text.append("]")

    # What kinds of nodes mean. True: the fields of the node are still to be walked over.

    def on_name(self, node: ast.Name) -> bool:
        """Note who is referred to, and who is set."""
        self._text.append(f"({node.id},{node.ctx.__class__.__name__})")
        if isinstance(node.ctx, ast.Load):
            self.names.add(node.id)
            if id(node) not in self._tame:
                self._reflects(node.id)
        else:
            self.stores.add(node.id)
        return False

    def on_attribute(self, node: ast.Attribute) -> bool:
        """Note the name behind the dot; setting it changes what stands before the dot."""
        self.attrs.add(node.attr)
        if isinstance(node.ctx, ast.Load):
            self.unsafe = True
            if id(node) not in self._tame and not is_self(node.value):
                self._reflects(node.attr)
        else:
            self.unsafe = True
            self.writes |= {(root(node), node.attr), (root(node), tip(node.value))}
            self.kept.add(root(node))
        return True

    def _reflects(self, name: str) -> None:
        self.wild = self.wild or name in WILD
        self.peeks = self.peeks or name in PEEKING
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
            self.writes.add((root(node), tip(node.value)))
            self.kept.add(root(node))
        return True

    def on_call(self, node: ast.Call) -> bool:
        """Note that a method may change what it is called on; any call may fail."""
        self.unsafe = True
        func = node.func
        self.wild = self.wild or asks_for_any(node)
        if tip(func) == "vars" and node.args and is_self(node.args[0]):
            self._tame.add(id(func))  # what an object holds was put there by code that ran
        if isinstance(func, ast.Attribute):
            self.writes.update((root(node), end) for end in holders(func.value))
            if func.attr in CHANGING:
                self.kept.add(root(node))
        if node.args and isinstance(node.args[0], ast.Constant):
            if isinstance(func, ast.Attribute):
                self._tame.add(id(func.value))  # `x.__dict__.get("name")` asks for one name
            if tip(func) in LABELLING:
                self._tame.add(id(node.args[0]))
        self.effect = self.effect or any(word.arg == "autouse" for word in node.keywords)
        return True

    def on_constant(self, node: ast.Constant) -> bool:
        """Short strings may be names of something."""
        self._text.append(f"({type(node.value).__name__}:{node.value!r})")
        if isinstance(node.value, str) and id(node) not in self._tame:
            self.attrs.update(words(node.value))
        return False

    def on_import(self, node: ast.Import) -> bool:
        """Note the module, and the name it is bound to."""
        self.unsafe = self.unsafe or not _standard(alias.name for alias in node.names)
        for alias in node.names:
            self.imports.add(alias.name)
            self.attrs.update(alias.name.split("."))
            self.stores.add(alias.asname or alias.name.partition(".")[0])
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
                self.stores.add(alias.asname or alias.name)
                self.attrs.add(alias.name)
                self.imports.add(f"{source}{'' if source.endswith('.') else '.'}{alias.name}")
        return True

    def on_function(self, node: Function) -> bool:
        """Take in signature, decorators and docstring; the body is another piece."""
        self.stores.add(node.name)
        name = f"{self.scope}.{node.name}" if self.scope else node.name
        self.functions.append((name, node))
        self._text.append(repr(ast.get_docstring(node, clean=False)))
        self.unsafe = self.unsafe or bool(node.decorator_list)
        if self._inside or is_inspected(node):
            self._fields(node, "body")
        else:
            self._signature(node)
        return False

    def _signature(self, node: Function) -> None:
        """Annotations that nobody inspects are text, not references."""
        names, attrs = set(self.names), set(self.attrs)
        self._fields(node, "body")
        self.names, self.attrs = names, attrs
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
        names, attrs = set(self.names), set(self.attrs)
        self.visit(node)
        self.hints |= (self.names - names) | (self.attrs - attrs)
        self.names, self.attrs = names, attrs

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
        self.lazy = self.lazy or any(
            isinstance(target, ast.Attribute) and target.attr in asked
            for inner in ast.walk(node)
            if isinstance(inner, ast.Assign)
            for target in inner.targets
        )
        return True

    def on_effect(self, _node: ast.AST) -> bool:
        """More than binding names."""
        self.effect = self.unsafe = True
        return True

    def on_risk(self, _node: ast.AST) -> bool:
        """May raise."""
        self.unsafe = True
        return True


def _standard(names: Iterable[str]) -> bool:
    """Tell whether all these modules are the standard library's, which are there."""
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


_SPECIAL: dict[str, Callable[[Scan, ast.AST], bool]] = {  # each is asked about its kind only
    "Name": Scan.on_name,  # type: ignore[dict-item]
    "Attribute": Scan.on_attribute,  # type: ignore[dict-item]
    "Subscript": Scan.on_subscript,  # type: ignore[dict-item]
    "Call": Scan.on_call,  # type: ignore[dict-item]
    "Constant": Scan.on_constant,  # type: ignore[dict-item]
    "Import": Scan.on_import,  # type: ignore[dict-item]
    "ImportFrom": Scan.on_import_from,  # type: ignore[dict-item]
    "FunctionDef": Scan.on_function,  # type: ignore[dict-item]
    "AsyncFunctionDef": Scan.on_function,  # type: ignore[dict-item]
    "ClassDef": Scan.on_class,  # type: ignore[dict-item]
    "AnnAssign": Scan.on_annotated,  # type: ignore[dict-item]
    "Global": Scan.on_shared,  # type: ignore[dict-item]
    "Expr": Scan.on_expression,  # type: ignore[dict-item]
    "If": Scan.on_condition,  # type: ignore[dict-item]
    **dict.fromkeys(
        ("For", "While", "With", "AsyncFor", "AsyncWith", "Delete", "Raise", "Assert"),
        Scan.on_effect,
    ),
    **dict.fromkeys(("BinOp", "Match"), Scan.on_risk),
}
