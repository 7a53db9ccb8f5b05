"""A Python file taken apart into pieces."""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING

from firsttry_tasks.selection.chains import (
    Function,
    evaluated,
    given,
    is_inspected,
    is_memo,
    is_methodical,
    is_mild,
    is_self,
    parameters,
    tip,
)
from firsttry_tasks.selection.piece import MAGIC, Piece
from firsttry_tasks.selection.scan import Scan
from firsttry_tasks.selection.spelling import LOCAL
from firsttry_tasks.selection.terms import CALLED, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})
_DATA = ast.Assign | ast.AnnAssign | ast.AugAssign
_GUARDS = frozenset({"__name__ == '__main__'", "'__main__' == __name__"})


def take_apart(source: bytes) -> tuple[Piece, ...]:
    """Return all pieces of a file; raises SyntaxError or ValueError as ``ast.parse`` does."""
    tree = ast.parse(source)
    times: dict[str, int] = {}
    pieces: list[Piece] = []
    for statement in _split(_alive(tree.body)):
        pieces.extend(_statement(statement, "", times, None))
    return tuple(pieces)


def _alive(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Leave out functions that the next statements replace, as those marked ``overload`` are."""
    kept: list[ast.stmt] = []
    replaced: set[str] = set()
    for node in reversed(statements):
        if not isinstance(node, Function) or not is_methodical(node):
            replaced.clear()  # it may ask for any of them
        elif node.name in replaced and all(tip(each) == "overload" for each in node.decorator_list):
            continue
        else:
            replaced = {node.name, *replaced} - evaluated(node)
        kept.append(node)
    return kept[::-1]


def _split(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """One import statement a name, so that a changed name doesn't drag its neighbours along."""
    for node in statements:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.copy_location(ast.Import([alias]), node)
        elif isinstance(node, ast.If) and tip(node.test) == "TYPE_CHECKING":
            yield from _split(node.orelse)  # the other branch never runs
        else:
            yield node


def _statement(
    node: ast.stmt, scope: str, times: dict[str, int], around: ast.ClassDef | None
) -> Iterator[Piece]:
    """Return the pieces of a statement; ``around`` is the class it is a member of."""
    scan = Scan(scope)
    if around is not None and _is_doc(node) and is_mild(around):
        yield _doc(node, scope)
        return
    if isinstance(node, Function) and not is_inspected(node) and _is_doc(node.body[0]):
        scan.apart = node
        yield _doc(node.body[0], f"{scope}.{node.name}" if scope else node.name)
    if isinstance(node, ast.ClassDef):
        scan.head(node)
        yield _piece(scan, node, plain=_is_plain(node), mild=is_mild(node))
        inner = f"{scope}.{node.name}" if scope else node.name
        for statement in _split(_alive(node.body)):
            yield from _statement(statement, inner, times, None if scope else node)
    else:
        scan.visit(node)
        method = isinstance(node, Function) and is_methodical(node)
        plain = around is not None and _is_plain(around) and is_methodical(node)
        yield _piece(
            scan, node, plain=plain, mild=around is not None and is_mild(around) and method
        )
    yield from _bodies(scan.functions, times)


def _is_data(node: ast.stmt) -> bool:
    """Tell whether a statement gives a variable something to hold; of some we know what for."""
    known = isinstance(node, ast.Assign) and tip(node.targets[0]) in {"__all__", "__slots__"}
    return isinstance(node, _DATA) and not known


def _carried(scan: Scan) -> frozenset[str]:
    return frozenset(name for name in scan.spelled if "*" not in name)


def _is_doc(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _doc(node: ast.stmt, of: str) -> Piece:
    """Return the docstring of a function, or of a class that nobody looks into."""
    scan = Scan(of)
    scan.visit(node)
    last = node.end_lineno or node.lineno
    return Piece(
        key=of, body=False, first=node.lineno, last=last, digest=scan.digest(), is_doc=True
    )


def _bodies(functions: Iterable[tuple[str, ast.AST]], times: dict[str, int]) -> Iterator[Piece]:
    waiting = deque((name, node, frozenset[str]()) for name, node in functions)
    while waiting:
        name, node, around = waiting.popleft()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            times[name] = times.get(name, 0) + 1
            scan = Scan(f"{name}.<locals>")
            scan.body(node)
            inner = around | parameters(node) | scan.stores - scan.homes.keys()
            waiting.extend((*each, inner) for each in scan.functions)
            key = name if times[name] == 1 else f"{name}#{times[name]}"
            yield _body(scan, key, node, around)


def _is_plain(node: ast.ClassDef) -> bool:
    return not (node.keywords or node.decorator_list)


def _piece(scan: Scan, node: ast.stmt, *, plain: bool, mild: bool) -> Piece:
    magic = any(MAGIC.fullmatch(name) for name in scan.stores)
    guard = isinstance(node, ast.If) and ast.unparse(node.test) in _GUARDS
    return Piece(
        key=scan.scope,
        body=False,
        first=_first_line(node),
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        binds=frozenset() if guard else frozenset(scan.stores),
        names=frozenset(scan.names),
        attrs=frozenset(scan.attrs),
        hints=frozenset(scan.hints),
        handed=frozenset(scan.handed - {""}),
        carried=_carried(scan) if _is_data(node) else frozenset(),
        imports=frozenset(scan.imports),
        sets=frozenset(scan.sets),
        writes=frozenset(scan.writes),
        effect=not guard and scan.effect,
        unsafe=not guard and scan.unsafe,
        wild=scan.wild,
        peeks=scan.peeks,
        mirror=scan.mirror,
        star=scan.star,
        plain=plain and not magic,
        mild=mild and not magic,
        is_class=isinstance(node, ast.ClassDef),
        decor=_decor(node),
        bases=scan.bases,
    )


def _body(
    scan: Scan, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, around: frozenset[str]
) -> Piece:
    own = parameters(node) | (scan.stores - scan.shared)
    writes = {pair for pair in scan.writes if pair[1].removesuffix(CALLED) not in own}
    # What is made when first asked for says nothing of who asked; nor does what a function is told.
    writes -= {("self", name) for name in scan.made}
    writes = {pair for pair in writes if pair[0] not in FUNCTIONS & own}
    if name.rpartition(".")[2] in _CONSTRUCTORS:
        writes = {pair for pair in writes if pair[0] != "self"}
    kept = any(root not in own or root == "cls" for root in scan.kept)
    memo = bool(scan.shared or scan.lazy) or kept or is_memo(node)
    return Piece(
        key=name,
        body=True,
        first=_first_line(node),
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        names=frozenset(scan.names - own),
        attrs=frozenset(scan.attrs),
        handed=_handed(scan, own),
        told=frozenset((scan.names - own | scan.attrs) - scan.loose),
        imports=frozenset(scan.imports),
        sets=frozenset(scan.sets),
        writes=frozenset(writes | {(shared, shared) for shared in scan.shared}),
        wild=scan.wild,
        peeks=scan.peeks,
        mirror=scan.mirror,
        looks=scan.looks,
        memo=memo,
        made=_made(scan, own) if memo else frozenset(),
        takes=memo and _takes(scan, own),
        gets=_gets(scan, own | around) if memo or _is_getter(name, scan) else frozenset(),
        keeps=frozenset(scan.lazy | scan.shared | _containers(scan, own)),
        cache=is_memo(node),
    )


def _takes(scan: Scan, own: set[str]) -> bool:
    """Tell whether a body keeps things that it was given, or has got from elsewhere."""
    return any(
        not given(value).isdisjoint(own - scan.homes.keys())
        for root, value in scan.stored
        if root in {"self", "cls"} or root not in own
    )


def _made(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return the bare names in what a body keeps, and its attributes.

    They are ``.name`` of its own object's, ``:name`` of others', and ``:name()`` where it calls
    one: its own object's too, whose class may have heirs. Those behind its own variables are among
    them.
    """
    behind: dict[str, list[ast.expr]] = {}
    for root, value in scan.stored:
        behind.setdefault(root, []).append(value)
    waiting = [value for root, value in scan.stored if root in {"self", "cls"} or root not in own]
    found: set[str] = set()
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Attribute):
                found.add(f"{'.' if is_self(node.value) else ':'}{node.attr}")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found.add(f":{node.func.attr}{CALLED}")
            elif isinstance(node, ast.Name) and node.id not in found:
                found.add(node.id)
                waiting += behind.get(node.id, []) if node.id in own else []
    return frozenset(found - (own - scan.homes.keys()))


def _is_getter(name: str, scan: Scan) -> bool:
    """Tell whether a descriptor may keep what it found, wherever that is."""
    return name.endswith(".__get__") and bool(scan.kept)


def _gets(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return how a body calls things that it was given."""
    known = {name.rpartition(".")[2] for name, _ in scan.functions} | scan.homes.keys()
    found: set[str] = set()
    for called in scan.called:
        if isinstance(called, ast.Attribute):
            found |= {f".{called.attr}"} if is_self(called.value) else set()
        elif not isinstance(called, ast.Name) or called.id in own - known - {"cls"}:
            found.add("")
    return frozenset(found)


def _containers(scan: Scan, own: set[str]) -> set[str]:
    """Return what a body puts something into that outlives it."""
    return {end for root, end in scan.writes if root in scan.kept and root not in own - {"cls"}}


def _handed(scan: Scan, own: set[str]) -> frozenset[str]:
    """Return what a body hands on that is not its own, or that it has imported itself."""
    found: set[str] = set()
    for chain in scan.handed - {""}:
        first, dot, rest = chain.partition(".")
        if first in scan.homes:
            found.add(LOCAL + (rest.rpartition(".")[2] if dot else scan.homes[first]))
        elif first not in own:
            found.add(chain)
    return frozenset(found)


def _decor(node: ast.stmt) -> bytes:
    """Return the digest of a function's decorators, empty where it has none."""
    scan = Scan("")
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    for each in decorators:
        scan.visit(each)
    return scan.digest() if decorators and isinstance(node, Function) else b""


def _first_line(node: ast.stmt) -> int:
    """Return where a definition's decorators begin, as code objects count."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min((each.lineno for each in decorators), default=node.lineno)
