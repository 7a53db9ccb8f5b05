"""The body of a function as a fragment: what it refers to, and what it keeps for later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.ast_queries import (
    first_line,
    given,
    is_memo,
    is_self,
    lasting_parameters,
    parameters,
    root,
    tip,
)
from firsttry_tasks.selection.syntax.fragment import Fragment, Memo, Reflection, Uses
from firsttry_tasks.selection.syntax.lazy_init import NOTHING, Lazy, lazily
from firsttry_tasks.selection.syntax.statements import Scan
from firsttry_tasks.selection.syntax.string_names import LOCAL
from firsttry_tasks.selection.syntax.vocabulary import CALLED, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})


def body(
    scan: Scan, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, around: frozenset[str]
) -> Fragment:
    """Return a function's body as a fragment.

    ``around`` are names of the functions it stands in.
    """
    own = parameters(node) | (scan.stores - scan.shared)
    asks = scan.conditions and (scan.writes or "setattr" in scan.names)
    lazy = lazily(node.body) if asks else NOTHING
    return Fragment(
        qualname=name,
        is_function_body=True,
        first=first_line(node),
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        uses=Uses(
            names=frozenset(scan.names - own),
            attrs=frozenset(scan.attrs),
            passed_on=_passed_on(scan, own),
            called_only=frozenset((scan.names - own | scan.attrs) - scan.loose),
            held=_held(scan, own),
            imports=frozenset(scan.imports),
            sets=frozenset(scan.sets),
            writes=_writes(scan, name, own, lazy),
        ),
        reflection=Reflection(
            any_name=scan.any_name,
            any_member=scan.any_member,
            own_module=scan.own_module,
            signatures=scan.signatures,
        ),
        memo=_memo(scan, name, node, lazy, around),
    )


def _writes(scan: Scan, name: str, own: AbstractSet[str], lazy: Lazy) -> frozenset[tuple[str, str]]:
    """Return what a body changes that others may notice."""
    writes = {pair for pair in scan.writes if pair[1].removesuffix(CALLED) not in own}
    # What is made when first asked for says nothing of who asked; nor does what a function is told.
    writes -= {("self", attribute) for attribute in lazy.made}
    writes = {pair for pair in writes if pair[0] not in FUNCTIONS & own}
    if name.rpartition(".")[2] in _CONSTRUCTORS:
        writes = {pair for pair in writes if pair[0] != "self"}
    return frozenset(writes | {(shared, shared) for shared in scan.shared})


def _memo(
    scan: Scan,
    name: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    lazy: Lazy,
    around: frozenset[str],
) -> Memo:
    """Return what a body keeps for later."""
    own = parameters(node) | (scan.stores - scan.shared)
    lent = _lent(scan, own)
    lasting = own & {"cls", *lasting_parameters(node), *lent}
    kept = bool(scan.shared) or is_memo(node) or not scan.kept.isdisjoint(lasting)
    kept = kept or not scan.kept <= own
    keeps = kept or bool(lazy.keeps)
    brief = own - lasting - lazy.roots - {"self"}
    parts = lazy.parts if keeps and not kept else None
    return Memo(
        keeps_results=keeps,
        by_decorator=is_memo(node),
        kept_in=lazy.keeps | scan.shared | _containers(scan, own - lasting) | set(lent.values()),
        lazy_names=_names(scan.scope, parts) if parts is not None else frozenset(),
        in_own_object=keeps and not kept,
        item_of=lazy.items,
        other_owners=lazy.others,
        stored_own=frozenset(scan.stored_own),
        stored_foreign=frozenset(scan.stored_foreign),
        made_by=_made(scan, own, brief) if keeps else frozenset(),
        keeps_given=keeps and _takes(scan, own, brief),
        calls_given=_gets(scan, own | around) if keeps or _is_getter(name, scan) else frozenset(),
    )


def _held(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return what a body has without calling it, as it is called at home."""
    imported = {home for name, home in scan.homes.items() if name in scan.held_names}
    return frozenset(scan.held_names - own | imported | scan.held)


def _lent(scan: Scan, own: AbstractSet[str]) -> dict[str, str]:
    """Return the local names of what outlives a function, each with what it is called outside."""
    return {
        name: tip(value)
        for name, value in scan.lent.items()
        if name in scan.kept & own and root(value) not in own
    }


def _names(scope: str, parts: Iterable[ast.AST]) -> frozenset[str]:
    """Return all names in these parts of a body."""
    scan = Scan(scope)
    for each in parts:
        scan.visit(each)
    return frozenset(scan.names | scan.attrs)


def _takes(scan: Scan, own: AbstractSet[str], brief: AbstractSet[str]) -> bool:
    """Tell whether a body keeps things that it was given, or has got from elsewhere.

    What is stored in an ``own`` name that is ``brief`` doesn't outlive it.
    """
    local = own - scan.homes.keys()
    return any(not given(it).isdisjoint(local) for name, it in scan.stored if name not in brief)


def _made(scan: Scan, own: AbstractSet[str], brief: AbstractSet[str]) -> frozenset[str]:
    """Return the bare names in what a body keeps, and its attributes.

    They are ``.name`` of its own object's, ``:name`` of others', and ``:name()`` where it calls
    one: its own object's too, whose class may have heirs. Those behind its own variables are among
    them.
    """
    behind: dict[str, list[ast.expr]] = {}
    for name, value in scan.stored:
        behind.setdefault(name, []).append(value)
    waiting = [value for name, value in scan.stored if name not in brief]
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


def _containers(scan: Scan, own: AbstractSet[str]) -> set[str]:
    """Return what a body puts something into that outlives it."""
    return {end for name, end in scan.writes if name in scan.kept and name not in own}


def _passed_on(scan: Scan, own: set[str]) -> frozenset[str]:
    """Return what a body hands on that is not its own, or that it has imported itself."""
    found: set[str] = set()
    for chain in scan.passed_on - {""}:
        first, dot, rest = chain.partition(".")
        if first in scan.homes:
            found.add(LOCAL + (rest.rpartition(".")[2] if dot else scan.homes[first]))
        elif first not in own:
            found.add(chain)
    return frozenset(found)
