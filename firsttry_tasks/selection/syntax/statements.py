"""Walks over one fragment of code: its text without layout, and the names in it."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, ClassVar

from firsttry_tasks.selection.syntax.ast_queries import (
    Function,
    bare,
    dotted,
    hints,
    holders,
    root,
    tip,
    yields,
)
from firsttry_tasks.selection.syntax.expressions import Expressions, members
from firsttry_tasks.selection.syntax.string_names import MADE
from firsttry_tasks.selection.syntax.vocabulary import ACCESSING, READING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Scan(Expressions):
    """A walk that takes in statements too; each fragment has a walk of its own."""

    #: It has annotations of variables that are evaluated, or kept as text.
    hinted = False

    def head(self, node: ast.ClassDef) -> None:
        """Walk over a class statement without the body, whose statements are fragments."""
        self._text.append("ClassDef")
        self._used.update(map(id, (*node.decorator_list, *node.bases)))
        self._fields(node, "body")
        self.stores.add(node.name)
        self.bases = tuple(tip(base) for base in node.bases)
        # A class without these only makes a new class, whatever its body does.
        self.may_raise = bool(node.decorator_list or node.keywords or node.bases)

    def body(self, node: Function) -> None:
        """Walk over a function without signature and docstring, which belong to the definition."""
        has_doc = ast.get_docstring(node, clean=False) is not None
        self._text.append(node.__class__.__name__)
        self._each(node.body[1:] if has_doc else node.body)

    def on_import(self, node: ast.Import) -> bool:
        """Note the module, and the name it is bound to."""
        # An import of another project's module may fail in another environment.
        self.may_raise = self.may_raise or not _standard(alias.name for alias in node.names)
        for alias in node.names:
            self.imports.add(alias.name)
            self.attrs.update(alias.name.split("."))
            self.behind.update(("", it) for it in alias.name.split("."))
            self._import(alias.asname or alias.name.partition(".")[0], alias)
        return True

    def on_import_from(self, node: ast.ImportFrom) -> bool:
        """Note the module and the name in it, which may be a module as well."""
        # The name may be gone, even from a module that is there.
        self.may_raise = True
        source = "." * node.level + (node.module or "")
        self.imports.add(source)
        for alias in node.names:
            if alias.name == "*":
                self.star = True
            else:
                self._import(alias.asname or alias.name, alias)
                self.attrs.add(alias.name)
                self.behind.add(("", alias.name))
                self.imports.add(f"{source}{'' if source.endswith('.') else '.'}{alias.name}")
        return True

    def _import(self, name: str, alias: ast.alias) -> None:
        """Note the name that an import binds, and what it is called where it comes from."""
        self.stores.add(name)
        self.homes[name] = alias.name.rpartition(".")[2]
        # Under another name its uses in the fragment can't be told, so it may be held.
        if alias.asname:
            self.held.add(self.homes[name])

    def on_function(self, node: Function) -> bool:
        """Take in signature, decorators, docstring and kind; the body is a fragment of its own."""
        self.stores.add(node.name)
        self._used.update(map(id, node.decorator_list))
        name = f"{self.scope}.{node.name}" if self.scope else node.name
        self.functions.append((name, node))
        for each in node.decorator_list:
            # `@show.register` gives the function to a method, as a call does.
            if isinstance(each, ast.Attribute) and each.attr not in READING | ACCESSING:
                self.writes.update((root(each), end) for end in holders(bare(each.value)))
        doc = ast.get_docstring(node, clean=False)
        if doc is not None and node is not self.apart:
            self._text.append(repr(doc))
        self.may_raise = self.may_raise or bool(node.decorator_list)
        # A function that becomes a generator is another one for its callers, even if they never
        # ran its body.
        if yields(node):
            self._text.append("yields")
        # What a function defines inside has annotations that are read where it is handed on.
        inner = self.scope.endswith("<locals>") and not (self._inside or node.decorator_list)
        if inner or node in {self.typed, self.typed_apart}:
            found = self._signature(node)
            self.inner.setdefault(node.name, set()).update(found if inner else ())
        else:
            self._fields(node, "body")
        return False

    def _signature(self, node: Function) -> set[str]:
        """Walk over a signature without noting to what its annotations refer, and return that."""
        # Defaults and decorators are evaluated, so they are walked over again for their names,
        # without adding their text twice.
        before = self.references()
        if node is self.typed_apart:
            self._without_types(node)
        else:
            self._fields(node, "body")
        found = (self.names - before[0]) | (self.attrs - before[1])
        self.forget(before)
        defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each]
        text, self._text = self._text, []
        self._each((*defaults, *node.decorator_list))
        self._text = text
        return found

    def _without_types(self, node: Function) -> None:
        """Walk over a signature without its annotations."""
        self._fields(node, "body", "args", "returns")
        held = node.args
        self._fields(held, "posonlyargs", "args", "vararg", "kwonlyargs", "kwarg")
        for name in ("posonlyargs", "args", "kwonlyargs"):
            self._text.append(repr([each.arg for each in getattr(held, name)]))
        self._text.append(repr([one and one.arg for one in (held.vararg, held.kwarg)]))

    def types(self, node: Function) -> None:
        """Walk over the annotations of a function."""
        for name, hint in hints(node):
            self._text.append(f"{name}:")
            self.visit(hint)

    def on_class(self, node: ast.ClassDef) -> bool:
        """Take in a class inside a function or a compound statement; its methods are fragments."""
        self.stores.add(node.name)
        self._used.update(map(id, (*node.decorator_list, *node.bases)))
        outer, self.scope = self.scope, f"{self.scope}.{node.name}" if self.scope else node.name
        self._inside += 1
        self._fields(node)
        self._inside -= 1
        self.scope = outer
        return False

    def on_annotated(self, node: ast.AnnAssign) -> bool:
        """Note an annotated variable; the annotation's names are kept apart."""
        # A dataclass or the like looks at annotations, other code doesn't.
        self._hint(node.annotation)
        # Those of a function's own variables are never evaluated.
        self.hinted = self.hinted or not self.scope.endswith("<locals>")
        self._fields(node, "annotation")
        return False

    def on_augmented(self, node: ast.AugAssign) -> bool:
        """Note that something is added to a value."""
        self._listing(node, node.target)
        return True

    def on_assign(self, node: ast.Assign) -> bool:
        """Note what is assigned to what."""
        value = node.value
        self._listing(value, *node.targets)
        first = node.targets[0]
        if isinstance(value, ast.Call) and isinstance(first, ast.Name):
            self.made.setdefault(first.id, set()).add(MADE + dotted(value.func))
        if isinstance(first, ast.Subscript):
            self.made.setdefault(root(first), set()).add(dotted(value))
        if isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
            named = (target for target in node.targets if isinstance(target, ast.Name))
            self.lent.update((target.id, value) for target in named)
        # An item of a container isn't counted: it is reached through the container's name.
        if not isinstance(first, ast.Subscript) and not isinstance(value, ast.Constant):
            self._hand(value)
        # `wrapper.__doc__ = function.__doc__` copies a docstring and reads nothing in it.
        if isinstance(value, ast.Attribute) and isinstance(node.targets[0], ast.Attribute):
            self._tame.add(id(value))
        return True

    def on_return(self, node: ast.Return) -> bool:
        """Note that a returned value is passed on."""
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self._hand(node.value)
        return True

    def on_shared(self, node: ast.Global | ast.Nonlocal) -> bool:
        """Note names that outlive the function."""
        self.shared.update(node.names)
        return True

    def on_expression(self, node: ast.Expr) -> bool:
        """Note a docstring, which binds ``__doc__``, or an expression that is there to act."""
        if not isinstance(node.value, ast.Constant):
            self.has_effect = True
            return True
        if not isinstance(node.value.value, str):
            return True
        self._text.append(f"({node.value.value!r})")
        self.stores.add("__doc__")
        return False

    def on_handler(self, node: ast.ExceptHandler) -> bool:
        """Note that errors are compared with types, which holds none of the classes."""
        self._called.update(map(id, members(node.type)))
        return True

    def on_effect(self, _node: ast.AST) -> bool:
        """Note that a statement does more than bind names."""
        self.has_effect = self.may_raise = True
        return True

    def on_condition(self, node: ast.AST) -> bool:
        """Note that what runs depends on a condition."""
        # Only one branch ran when it was recorded; another one may raise.
        self.may_raise = self.may_raise or isinstance(node, ast.If | ast.Match)
        return True

    def on_risk(self, _node: ast.AST) -> bool:
        """Note that a statement may raise."""
        self.may_raise = True
        return True

    kinds: ClassVar[Mapping[str, Callable[..., bool]]] = {
        "Name": Expressions.on_name,
        "Attribute": Expressions.on_attribute,
        "Subscript": Expressions.on_subscript,
        "Call": Expressions.on_call,
        **dict.fromkeys(("List", "Tuple", "Set"), Expressions.on_list),
        "Constant": Expressions.on_constant,
        "Import": on_import,
        "ImportFrom": on_import_from,
        "FunctionDef": on_function,
        "AsyncFunctionDef": on_function,
        "ClassDef": on_class,
        "AnnAssign": on_annotated,
        "AugAssign": on_augmented,
        "Assign": on_assign,
        **dict.fromkeys(("Global", "Nonlocal"), on_shared),
        "Expr": on_expression,
        "Return": on_return,
        "Compare": Expressions.on_compare,
        "ExceptHandler": on_handler,
        **dict.fromkeys(
            ("For", "While", "With", "AsyncFor", "AsyncWith", "Delete", "Raise", "Assert"),
            on_effect,
        ),
        **dict.fromkeys(("If", "Match", "IfExp", "BoolOp", "Try"), on_condition),
        "BinOp": on_risk,
    }


def _standard(names: Iterable[str]) -> bool:
    """Tell whether all these modules are the standard library's, which are always there."""
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)
