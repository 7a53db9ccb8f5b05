"""Makes a fragment of a function's body: what it refers to, and what it may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.ast_queries import first_line, parameters, root, tip
from firsttry_tasks.selection.syntax.fragment import Fragment, Reflection, Uses
from firsttry_tasks.selection.syntax.string_names import LOCAL, MADE
from firsttry_tasks.selection.syntax.vocabulary import CALLED, FUNCTIONS

if TYPE_CHECKING:
    import ast
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.statements import Scan

#: Methods that set attributes of an instance which no other code has yet.
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})


def body(scan: Scan, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Fragment:
    """Return a function's body as a fragment.

    ``scan`` has walked over the body, ``name`` is the qualified name.
    """
    # Local names refer to nothing outside of the function.
    own = parameters(node) | (scan.stores - scan.shared)
    scan.reflects_by(own)
    return Fragment(
        qualname=name,
        is_function_body=True,
        first=first_line(node),
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        uses=Uses(
            names=frozenset(scan.names - own),
            attrs=frozenset(scan.attrs),
            annotations=_annotations(scan, own),
            passed_on=_passed_on(scan, own),
            held=_held(scan, own),
            imports=frozenset(scan.imports),
            sets=frozenset(scan.sets),
            writes=_writes(scan, name, own),
            behind=scan.only_behind(own),
        ),
        reflection=Reflection(
            any_name=scan.any_name,
            any_member=scan.any_member,
            own_module=scan.own_module,
            own_member=scan.own_member,
            searched=frozenset(scan.searched),
        ),
        takes=bool(parameters(node) - {"self", "cls"}),
    )


def _annotations(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return what annotations refer to of functions inside that are handed on, and not called."""
    handed = (names for name, names in scan.inner.items() if name in scan.held_names)
    return frozenset().union(*handed) - own


def _writes(scan: Scan, name: str, own: AbstractSet[str]) -> frozenset[tuple[str, str]]:
    """Return what a body changes that other code may notice."""
    writes = {pair for pair in scan.writes if pair[1].removesuffix(CALLED) not in own}
    # A decorator that sets `function.marker` describes the function that it was given.
    writes = {pair for pair in writes if pair[0] not in FUNCTIONS & own}
    if name.rpartition(".")[2] in _CONSTRUCTORS:
        writes = {pair for pair in writes if pair[0] != "self"}
    # What is stored under a local name is kept in what that stands for.
    shared = scan.shared | _lent(scan, own)
    return frozenset(writes | {(name, name) for name in shared})


def _held(scan: Scan, own: AbstractSet[str]) -> frozenset[str]:
    """Return what a body holds without calling it, by the names in the defining modules."""
    imported = {home for name, home in scan.homes.items() if name in scan.held_names}
    return frozenset(scan.held_names - own | imported | scan.held)


def _lent(scan: Scan, own: AbstractSet[str]) -> set[str]:
    """Return the names of things outside under whose local names something is stored."""
    stored = {first for first, _ in scan.writes} & own
    return {
        tip(value) for name, value in scan.lent.items() if name in stored and root(value) not in own
    }


def _passed_on(scan: Scan, own: set[str]) -> frozenset[str]:
    """Return what a body passes on that is not local, or that it has imported itself."""
    found: set[str] = set()
    # An object that is made here shows what its class says, and a container what is in it.
    inside = (it for name, it in scan.made.items() if name in scan.passed_on)
    for chain in scan.passed_on.union(scan.given, *inside) - {"", MADE}:
        made = MADE if chain.startswith(MADE) else ""
        first, dot, rest = chain.removeprefix(MADE).partition(".")
        if first in scan.homes:
            found.add(made + LOCAL + (rest.rpartition(".")[2] if dot else scan.homes[first]))
        elif first not in own:
            found.add(chain)
    return frozenset(found)
