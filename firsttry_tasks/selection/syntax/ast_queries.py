"""Answers small questions about syntax trees: the ends of a chain of dots, bound parameters."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.vocabulary import (
    CALLED,
    COMMON,
    LOOKUPS,
    METHODICAL,
    MILD,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Methods of strings that change letters only.
_CASES = frozenset({"lower", "upper", "casefold"})
#: What an annotation may consist of that calls nothing.
_NAMING = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.expr_context,
    ast.BinOp, ast.BitOr,
)  # fmt: skip
#: Nodes inside which no expression belongs to the function around them, or that hold none.
_OTHERS = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Name, ast.Constant}
)


def tip(node: ast.AST) -> str:
    """Return the last name of a chain: ``c`` of ``c``, ``a.c``, ``c[0]`` and ``a.c()``; or ""."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def holders(node: ast.expr) -> tuple[str, ...]:
    """Return the names of what changes when a method changes the value ``node``.

    ``registry.get("x").append(y)`` changes ``registry``, and the result of any ``get`` that the
    project defines, which is noted as ``get()``.
    """
    # Only names that builtins have too are ambiguous in this way: `super()` returns something
    # new, a function of the project may return what it keeps.
    end = tip(node)
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Call) or end not in COMMON:
        return (end,)
    inner = holders(node.func.value) if isinstance(node.func, ast.Attribute) else ()
    return (end + CALLED, *inner)


def dotted(node: ast.expr) -> str:
    """Return a chain of names as it is written, ``a.b.c``, or "" if it holds anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def bare(node: ast.expr) -> ast.expr:
    """Return the owner of a ``__dict__``, which changes if the dictionary is written to."""
    return node.value if isinstance(node, ast.Attribute) and node.attr == "__dict__" else node


def root(node: ast.AST) -> str:
    """Return the first name of a chain, or "" if it begins with anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def asks_for_any(node: ast.Call) -> bool:
    """Tell whether a call looks up a name that may be any: ``getattr(x, make(b))``."""
    if tip(node.func) not in LOOKUPS or len(node.args) <= 1:
        return False
    asked = node.args[1]
    # Code that asks for the list of a module's exports goes on to look all of them up.
    if isinstance(asked, ast.Constant) and asked.value == "__all__":
        return True
    cased = _cased(asked)
    first = cased.left if isinstance(cased, ast.BinOp) else cased
    if isinstance(first, ast.JoinedStr):
        first = first.values[0] if first.values else first
    # `"visit_" + x` is noted as a pattern, `visit_*`, where the string is walked over. A variable
    # or an item of a container holds a string that is written somewhere, and is noted there.
    start = str(first.value) if isinstance(first, ast.Constant) else ""
    # `f"_strip_{x}".lower()` begins as it is written, because that is in lower case.
    same = cased is asked or start == getattr(start, tip(asked))()
    has_prefix = start.endswith("_") and same
    return not has_prefix and not isinstance(
        asked, ast.Constant | ast.Name | ast.Attribute | ast.Subscript
    )


def _cased(node: ast.expr) -> ast.expr:
    """Return the string of which a call makes one in another case, or the node as it is."""
    func = node.func if isinstance(node, ast.Call) and not node.args else None
    return func.value if isinstance(func, ast.Attribute) and func.attr in _CASES else node


def parameters(node: Function) -> set[str]:
    """Return the names of a function's parameters."""
    args = node.args
    found = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return found | {each.arg for each in (args.vararg, args.kwarg) if each is not None}


def hints(node: Function) -> list[tuple[str, ast.expr]]:
    """Return the annotations of a function's parameters and of its result, each with the name."""
    args = node.args
    given = (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg)
    found = [(each.arg, each.annotation) for each in given if each is not None]
    return [(name, hint) for name, hint in (*found, ("return", node.returns)) if hint is not None]


def only_names(hints: Iterable[ast.expr]) -> bool:
    """Tell whether annotations only put names together, as in ``dict[str, a.B] | None``."""
    return all(isinstance(inner, _NAMING) for hint in hints for inner in ast.walk(hint))


def evaluated(node: Function) -> set[str]:
    """Return the names that are evaluated when a function is defined."""
    args = node.args
    asked = (*node.decorator_list, *args.defaults, *(one for one in args.kw_defaults if one))
    inner = (each for one in asked for each in ast.walk(one))
    return {each.id for each in inner if isinstance(each, ast.Name)}


def is_methodical(node: ast.stmt) -> bool:
    """Tell whether no decorator of a statement concerns the class around it."""
    return all(tip(each) in METHODICAL for each in getattr(node, "decorator_list", ()))


def is_self(node: ast.expr) -> bool:
    """Tell whether an expression is the instance that a method works on."""
    return isinstance(node, ast.Name) and node.id == "self"


def is_own(node: ast.expr) -> bool:
    """Tell whether an expression is the instance or the class that a method works on."""
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def is_mild(node: ast.ClassDef) -> bool:
    """Tell whether no decorator or metaclass of a class looks at its methods."""
    # Any keyword may be a metaclass, or an argument of `__init_subclass__`.
    return not node.keywords and all(tip(each) in MILD for each in node.decorator_list)


def first_line(node: ast.stmt) -> int:
    """Return the line where a definition begins, decorators included, as in code objects."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min((each.lineno for each in decorators), default=node.lineno)


def yields(node: Function) -> bool:
    """Tell whether a function is a generator: a call of it runs nothing yet."""
    # Not `ast.walk`: this is asked of every function, and most nodes needn't be entered. So the
    # dictionaries of nodes are read as they are.
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
