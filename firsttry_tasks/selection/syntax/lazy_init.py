"""Finds attributes that a function makes only if they are missing, and keeps in an object."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.selection.syntax.ast_queries import is_self, own_attributes, root, tip
from firsttry_tasks.selection.syntax.vocabulary import LOOKUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Lazy(NamedTuple):
    """What a function makes lazily, and where it keeps that."""

    #: Attributes that hold it.
    keeps: frozenset[str]
    #: First names of the chains in which the attributes are set.
    roots: frozenset[str]
    #: Attributes among them of which an item is set.
    items: frozenset[str]
    #: Attributes among them of other objects than ``self``.
    others: frozenset[str]
    #: Statements that run only if the thing is missing; None if that may be anything.
    parts: tuple[ast.AST, ...] | None
    #: Attributes of ``self`` that a condition compares by ``is``.
    made: frozenset[str]


_NONE = frozenset[str]()
NOTHING = Lazy(keeps=_NONE, roots=_NONE, items=_NONE, others=_NONE, parts=(), made=_NONE)


class _Store(NamedTuple):
    """An attribute, or an item of one, is given a value in this statement."""

    name: str
    root: str
    #: Of ``self``, or of an object that the function has just made.
    own: bool
    item: bool
    node: ast.expr | ast.stmt


class _Asked(NamedTuple):
    """Attributes that a condition asks for; ``inside`` runs only if the condition says so."""

    names: set[str]
    at: ast.expr | ast.stmt
    inside: ast.AST | None


def lazily(body: Sequence[ast.stmt]) -> Lazy:
    """Return what a body makes only if a condition says that the same attribute is missing."""
    nodes = [inner for statement in body for inner in _walk(statement)]
    aliases = _aliases(nodes)
    stores = list(_stores(nodes))
    stored = {store.name for store in stores}
    found: list[_Store] = []
    parts: list[ast.AST] = []
    whole = False
    for asked in _conditions(nodes, aliases) if stored else ():
        if stored.isdisjoint(asked.names):
            continue
        # `if self._code is None: self._code = make()`: the part inside the condition makes it.
        inner = {id(each) for each in ast.walk(asked.inside)} if asked.inside else set[int]()
        there = [store for store in stores if id(store.node) in inner]
        if any(store.name in asked.names for store in there):
            found += there
            parts += [asked.inside] if asked.inside else []
            continue
        # `if self._code: return self._code`, and it is made further down: then anything in the
        # function may take part.
        later = [store for store in stores if _ends(store.node) > _begins(asked.at)]
        if any(store.name in asked.names for store in later):
            found += later
            whole = True
    return Lazy(
        keeps=frozenset(store.name for store in found),
        roots=frozenset(store.root for store in found),
        items=frozenset(store.name for store in found if store.item),
        others=frozenset(store.name for store in found if not store.own),
        parts=None if whole else tuple(parts),
        made=frozenset(_made(nodes)),
    )


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over a node, leaving out the functions and classes that it defines."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if not isinstance(inner, _SCOPES):
            yield inner
            waiting.extend(ast.iter_child_nodes(inner))


def _aliases(nodes: Iterable[ast.AST]) -> dict[str, set[str]]:
    """Return for each local name the attributes in what it was given."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        for name, value in _given(node):
            found.setdefault(name, set()).update(_spoken(value, {}))
    return found


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign | ast.NamedExpr):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                yield target.id, node.value


def _spoken(node: ast.AST, aliases: Mapping[str, set[str]]) -> set[str]:
    """Return the attributes that an expression asks for, be it under a local name."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.Name):
            found |= aliases.get(inner.id, set())
        elif isinstance(inner, ast.Call) and tip(inner.func) in LOOKUPS:
            found |= _named(inner)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            # The name of a method is no attribute that holds something.
            waiting += [inner.func.value, *inner.args]
            continue
        waiting.extend(ast.iter_child_nodes(inner))
    return found


def _named(node: ast.Call) -> set[str]:
    """Return the attribute that a call of getattr or the like names."""
    name = node.args[1] if len(node.args) > 1 else None
    return {name.value} if isinstance(name, ast.Constant) and isinstance(name.value, str) else set()


def _stores(nodes: Sequence[ast.AST]) -> Iterator[_Store]:
    lent = {name: value for node in nodes for name, value in _given(node)}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _targets(target, node, lent)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _targets(node.target, node, lent)
        elif isinstance(node, ast.Call) and tip(node.func) == "setattr":
            for name in _named(node):
                held = node.args[0]
                yield _Store(name, root(held), is_self(held), item=False, node=node)


def _targets(target: ast.expr, node: ast.stmt, lent: Mapping[str, ast.expr]) -> Iterator[_Store]:
    """Yield what is stored where."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _targets(each, node, lent)
        return
    item = isinstance(target, ast.Subscript)
    held = target.value if isinstance(target, ast.Subscript) else target
    # `known = self._known; known[name] = value` stores an item of the attribute.
    if item and isinstance(held, ast.Name):
        held = lent.get(held.id, held)
    if isinstance(held, ast.Attribute):
        owner = held.value
        made = lent.get(owner.id) if isinstance(owner, ast.Name) else None
        # A name with a capital is a class by convention, so the call makes a new object, which
        # nothing else holds yet.
        fresh = isinstance(made, ast.Call) and tip(made.func)[:1].isupper()
        yield _Store(held.attr, root(target), fresh or is_self(owner), item=item, node=node)


def _conditions(nodes: Iterable[ast.AST], aliases: Mapping[str, set[str]]) -> Iterator[_Asked]:
    for node in nodes:
        match node:
            case ast.If():
                yield _Asked(_spoken(node.test, aliases), node, node)
            case ast.IfExp():
                yield _Asked(_spoken(node.test, aliases), node, None)
            case ast.BoolOp(op=ast.Or()):
                for value in node.values[:-1]:
                    yield _Asked(_spoken(value, aliases), node, None)
            case ast.Match():
                yield _Asked(_spoken(node.subject, aliases), node, node)
            case ast.Try():
                names = set[str]().union(*(_spoken(each, aliases) for each in node.body))
                yield from (_Asked(names, node, handler) for handler in node.handlers)
            case _:
                pass


def _made(nodes: Iterable[ast.AST]) -> Iterator[str]:
    # Comparing by `is`, with None or a sentinel, is how code asks whether it was made at all.
    for node in nodes:
        if isinstance(node, ast.If) and any(
            isinstance(each, ast.Is | ast.IsNot) for each in ast.walk(node.test)
        ):
            yield from own_attributes(node.test)


def _begins(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _ends(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
