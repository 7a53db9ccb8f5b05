"""Small questions to a syntax tree: what a chain of dots begins and ends with, who is bound."""

from __future__ import annotations

import ast
import builtins
import re

#: Decorators that keep what a function returned.
MEMO = frozenset({"cache", "lru_cache", "cached_property", "cached", "memoize", "singleton"})
#: Functions that look up an attribute by its name.
LOOKUPS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
#: Decorators that don't look at annotations.
UNINTERESTED = frozenset(
    {"property", "setter", "getter", "deleter", "staticmethod", "classmethod", "overload", "final",
     "contextmanager", "asynccontextmanager", "cached_property", "lru_cache", "cache", "wraps",
     "abstractmethod", "fixture", "override", "parametrize", "mark", "skipif", "xfail", "skip"}
)  # fmt: skip
#: What everything has: such a name says little about who is called.
COMMON = frozenset(
    name
    for kind in (builtins, str, bytes, bytearray, int, float, list, tuple, dict, set)
    for name in dir(kind)
    if not name.startswith("_")
)
CALLED = "()"  # ends the name of a common function whose result is changed
#: Decorators of a method that don't concern its class.
METHODICAL = frozenset(
    {"property", "setter", "getter", "deleter", "staticmethod", "classmethod", "overload", "final",
     "override", "cached_property", "lru_cache", "cache", "contextmanager", "asynccontextmanager"}
)  # fmt: skip
#: Decorators of a class that take no notice of its methods, but for those with a meaning to Python.
MILD = frozenset({"dataclass", "final", "total_ordering", "unique"})
_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\Z")
_LONGEST = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


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


def root(node: ast.AST) -> str:
    """Return the first name of a chain, or "" where it begins with something else."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def words(value: str) -> tuple[str, ...]:
    """Return the names that a string may stand for: ``name``, ``pkg.mod:name``, ``visit_*``."""
    if len(value) > _LONGEST:
        return ()
    if not _WORD.match(value):
        return tuple(re.split("[.:]", value)) if _DOTTED.match(value) else ()
    ends = (f"{value}*",) if value.endswith("_") else ()
    begins = (f"*{value}",) if value.startswith("_") else ()
    return (value, *ends, *begins)


def asks_for_any(node: ast.Call) -> bool:
    """Tell whether a call looks up a name that is put together: ``getattr(x, "a" + b)``.

    A variable holds a string that stands somewhere, and ``"visit_" + x`` asks for ``visit_*``.
    """
    if tip(node.func) not in LOOKUPS or len(node.args) <= 1:
        return False
    asked = node.args[1]
    first = asked.left if isinstance(asked, ast.BinOp) else asked
    if isinstance(first, ast.JoinedStr):
        first = first.values[0] if first.values else first
    told = isinstance(first, ast.Constant) and str(first.value).endswith("_")
    return not told and not isinstance(asked, ast.Constant | ast.Name | ast.Attribute)


def parameters(node: Function) -> set[str]:
    """Return the names of a function's parameters."""
    args = node.args
    found = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return found | {each.arg for each in (args.vararg, args.kwarg) if each is not None}


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
