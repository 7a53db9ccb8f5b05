"""What a function makes only where it is missing, and keeps in an object."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.selection.syntax.ast_queries import is_self, own_attributes, root, tip
from firsttry_tasks.selection.syntax.vocabulary import LOOKUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Lazy(NamedTuple):
    """``keeps`` are attributes, ``roots`` the first names of the chains they are set in.

    Of the attributes, ``items`` are those that hold what an item of is set, ``others`` those of
    objects besides ``self``. ``parts`` are the statements that don't run where the thing is there;
    None where that may be anything in the function. ``made`` are attributes of ``self`` that are
    asked for with ``is``.
    """

    keeps: frozenset[str]
    roots: frozenset[str]
    items: frozenset[str]
    others: frozenset[str]
    parts: tuple[ast.AST, ...] | None
    made: frozenset[str]


_NONE = frozenset[str]()
NOTHING = Lazy(keeps=_NONE, roots=_NONE, items=_NONE, others=_NONE, parts=(), made=_NONE)


class _Store(NamedTuple):
    """An attribute, or an item of one, is given a value in this statement."""

    name: str
    root: str
    own: bool  # of self
    item: bool
    node: ast.expr | ast.stmt


class _Asked(NamedTuple):
    """Attributes that are asked for; ``inside`` is what may make them if it is a statement."""

    names: set[str]
    at: ast.expr | ast.stmt
    inside: ast.AST | None


def lazily(body: Sequence[ast.stmt]) -> Lazy:
    """Return what a body makes only where a condition on its own attribute says that it lacks."""
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
        inner = {id(each) for each in ast.walk(asked.inside)} if asked.inside else set[int]()
        there = [store for store in stores if id(store.node) in inner]
        if any(store.name in asked.names for store in there):
            found += there
            parts += [asked.inside] if asked.inside else []
            continue
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
            waiting += [inner.func.value, *inner.args]  # a method is no attribute that is kept
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
    """Return what is kept where; an object that the function has made itself is no other's."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _targets(each, node, lent)
        return
    item = isinstance(target, ast.Subscript)
    held = target.value if isinstance(target, ast.Subscript) else target
    if item and isinstance(held, ast.Name):
        held = lent.get(held.id, held)  # `known = self._known; known[name] = value`
    if isinstance(held, ast.Attribute):
        owner = held.value
        made = lent.get(owner.id) if isinstance(owner, ast.Name) else None
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
    for node in nodes:
        if isinstance(node, ast.If) and any(
            isinstance(each, ast.Is | ast.IsNot) for each in ast.walk(node.test)
        ):
            yield from own_attributes(node.test)


def _begins(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _ends(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
