"""Makes a fragment of a function's body: what it refers to, and what it keeps for later."""

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

#: Methods that set attributes of an instance which no other code has yet.
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})


def body(
    scan: Scan, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, around: frozenset[str]
) -> Fragment:
    """Return a function's body as a fragment.

    ``scan`` has walked over the body, ``name`` is the qualified name, ``around`` holds the local
    names of the functions around it.
    """
    # Local names refer to nothing outside of the function.
    own = parameters(node) | (scan.stores - scan.shared)
    # Without a condition and something that is written nothing is made lazily. Most functions
    # have one or the other missing, and are spared the search.
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
    """Return what a body changes that other code may notice."""
    writes = {pair for pair in scan.writes if pair[1].removesuffix(CALLED) not in own}
    # An attribute that is made when first asked for is the same whichever function asks first.
    writes -= {("self", attribute) for attribute in lazy.made}
    # A decorator that sets `function.marker` describes the function that it was given.
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
    # Local names that stand for something which outlives the call: `cls`, a parameter with a
    # mutable default, an alias of an outer object. What is stored in those is kept.
    lent = _lent(scan, own)
    lasting = own & {"cls", *lasting_parameters(node), *lent}
    kept = bool(scan.shared) or is_memo(node) or not scan.kept.isdisjoint(lasting)
    # A name that isn't local belongs to a module or to a function around.
    kept = kept or not scan.kept <= own
    keeps = kept or bool(lazy.keeps)
    # Local names that end with the call.
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
    """Return what a body holds without calling it, by the names in the defining modules."""
    imported = {home for name, home in scan.homes.items() if name in scan.held_names}
    return frozenset(scan.held_names - own | imported | scan.held)


def _lent(scan: Scan, own: AbstractSet[str]) -> dict[str, str]:
    """Return local names of things that outlive the call, each with the name outside."""
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

    What is stored in a ``brief`` name ends with the call.
    """
    local = own - scan.homes.keys()
    return any(not given(it).isdisjoint(local) for name, it in scan.stored if name not in brief)


def _made(scan: Scan, own: AbstractSet[str], brief: AbstractSet[str]) -> frozenset[str]:
    """Return the names in what a body keeps, those behind its local variables included.

    Attributes are noted as ``.name`` of its own instance, ``:name`` of another object, and
    ``:name()`` if it calls one.
    """
    # A called method is noted as another object's even of its own instance: the class of that may
    # be a subclass, with a method of its own.
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
    """Tell whether a body is a descriptor's that may keep what it found, wherever that is."""
    return name.endswith(".__get__") and bool(scan.kept)


def _gets(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return how a body calls what it was given: "" for a name, ``.name`` for an attribute."""
    known = {name.rpartition(".")[2] for name, _ in scan.functions} | scan.homes.keys()
    found: set[str] = set()
    for called in scan.called:
        if isinstance(called, ast.Attribute):
            found |= {f".{called.attr}"} if is_self(called.value) else set()
        elif not isinstance(called, ast.Name) or called.id in own - known - {"cls"}:
            found.add("")
    return frozenset(found)


def _containers(scan: Scan, own: AbstractSet[str]) -> set[str]:
    """Return the names of containers that outlive the call and that a body puts something into."""
    return {end for name, end in scan.writes if name in scan.kept and name not in own}


def _passed_on(scan: Scan, own: set[str]) -> frozenset[str]:
    """Return what a body passes on that is not local, or that it has imported itself."""
    found: set[str] = set()
    for chain in scan.passed_on - {""}:
        first, dot, rest = chain.partition(".")
        if first in scan.homes:
            found.add(LOCAL + (rest.rpartition(".")[2] if dot else scan.homes[first]))
        elif first not in own:
            found.add(chain)
    return frozenset(found)
