"""Small questions to a syntax tree: what a chain of dots begins and ends with, who is bound."""

from __future__ import annotations

import ast
from itertools import chain

from firsttry_tasks.selection.syntax.vocabulary import (
    CALLED,
    COMMON,
    CONTAINERS,
    LOOKUPS,
    MEMO,
    METHODICAL,
    MILD,
    UNINTERESTED,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: What no expression of the function itself stands in.
_OTHERS = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Name, ast.Constant}
)


def tip(node: ast.AST) -> str:
    """Return the last name of a chain: ``c`` for ``c``, ``a.c``, ``c[0]``, ``a.c()``, or ""."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def holders(node: ast.expr) -> tuple[str, ...]:
    """Return what changes with a value that a method is called on, by the ends of its chain.

    ``registry.get("x").append(y)`` changes ``registry``, and what a ``get`` of somebody's own
    returns: ``get()``. ``super()`` and other builtins return what is nobody else's.
    """
    end = tip(node)
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Call) or end not in COMMON:
        return (end,)
    inner = holders(node.func.value) if isinstance(node.func, ast.Attribute) else ()
    return (end + CALLED, *inner)


def dotted(node: ast.expr) -> str:
    """Return a chain of names as it is written, ``a.b.c``, or "" where it holds something else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def bare(node: ast.expr) -> ast.expr:
    """Return whose attributes a ``__dict__`` holds: to write there changes its owner."""
    return node.value if isinstance(node, ast.Attribute) and node.attr == "__dict__" else node


def root(node: ast.AST) -> str:
    """Return the first name of a chain, or "" where it begins with something else."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def asks_for_any(node: ast.Call) -> bool:
    """Tell whether a call looks up a name that is put together: ``getattr(x, "a" + b)``.

    A variable, or an item of a container, holds a string that stands somewhere, and
    ``"visit_" + x`` asks for ``visit_*``. Who asks for ``"__all__"`` has any name of a module.
    """
    if tip(node.func) not in LOOKUPS or len(node.args) <= 1:
        return False
    asked = node.args[1]
    if isinstance(asked, ast.Constant) and asked.value == "__all__":
        return True
    first = asked.left if isinstance(asked, ast.BinOp) else asked
    if isinstance(first, ast.JoinedStr):
        first = first.values[0] if first.values else first
    told = isinstance(first, ast.Constant) and str(first.value).endswith("_")
    return not told and not isinstance(
        asked, ast.Constant | ast.Name | ast.Attribute | ast.Subscript
    )


def parameters(node: Function) -> set[str]:
    """Return the names of a function's parameters."""
    args = node.args
    found = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return found | {each.arg for each in (args.vararg, args.kwarg) if each is not None}


def lasting_parameters(node: Function) -> set[str]:
    """Return the parameters whose default is made once, and may be changed by each call."""
    args = node.args
    named = [*args.posonlyargs, *args.args]
    of_places = zip(named[::-1], args.defaults[::-1], strict=False)
    of_words = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    made = ast.List | ast.Dict | ast.Set | ast.Call
    return {each.arg for each, value in chain(of_places, of_words) if isinstance(value, made)}


def given(value: ast.expr) -> set[str]:
    """Return the names in a value, but for an object that is only asked for a part of itself."""
    asked = {id(each.value) for each in ast.walk(value) if isinstance(each, ast.Attribute)}
    return {
        each.id
        for each in ast.walk(value)
        if isinstance(each, ast.Name) and not (is_self(each) and id(each) in asked)
    }


def evaluated(node: Function) -> set[str]:
    """Return the names that defining a function asks for."""
    args = node.args
    asked = (*node.decorator_list, *args.defaults, *(one for one in args.kw_defaults if one))
    inner = (each for one in asked for each in ast.walk(one))
    return {each.id for each in inner if isinstance(each, ast.Name)}


def is_memo(node: Function) -> bool:
    """Tell whether a decorator keeps what the function returned."""
    return any(tip(decorator) in MEMO for decorator in node.decorator_list)


def is_methodical(node: ast.stmt) -> bool:
    """Tell whether no decorator may do something to the class around a statement."""
    return all(tip(each) in METHODICAL for each in getattr(node, "decorator_list", ()))


def is_self(node: ast.expr) -> bool:
    """Tell whether an expression is the object that a method works on."""
    return isinstance(node, ast.Name) and node.id == "self"


def is_new(node: ast.expr) -> bool:
    """Tell whether a value is nobody else's yet: a constant, or a container made on the spot."""
    made = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    return isinstance(node, ast.Constant | ast.JoinedStr | made) or (
        isinstance(node, ast.Call) and tip(node.func) in CONTAINERS
    )


def is_mild(node: ast.ClassDef) -> bool:
    """Tell whether nothing around a class takes notice of its methods."""
    return not node.keywords and all(tip(each) in MILD for each in node.decorator_list)


def is_inspected(node: Function) -> bool:
    """Tell whether a decorator may look at the function's annotations."""
    return any(tip(decorator) not in UNINTERESTED for decorator in node.decorator_list)


def own_attributes(node: ast.AST) -> set[str]:
    """Return the attributes of ``self`` that are spoken of anywhere inside."""
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and each.value.id == "self"
    }


def first_line(node: ast.stmt) -> int:
    """Return where a definition's decorators begin, as code objects count."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min((each.lineno for each in decorators), default=node.lineno)


def yields(node: Function) -> bool:
    """Tell whether a function is a generator: called, it doesn't start to run."""
    waiting: list[object] = [*node.body]
    while waiting:
        inner = waiting.pop()
        kind = type(inner)
        if kind is ast.Yield or kind is ast.YieldFrom:
            return True
        if kind is list:
            waiting += inner  # type: ignore[arg-type]
        elif isinstance(inner, ast.AST) and kind not in _OTHERS:
            waiting += inner.__dict__.values()
    return False
