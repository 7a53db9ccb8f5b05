"""Takes a Python file apart into fragments: statements, and the bodies of functions."""

from __future__ import annotations

import ast
import sys
from collections import deque
from typing import TYPE_CHECKING

from firsttry_tasks.model.source.quietly import compiled
from firsttry_tasks.selection.syntax.ast_queries import (
    Function,
    evaluated,
    first_line,
    hints,
    is_methodical,
    is_mild,
    only_names,
    tip,
)
from firsttry_tasks.selection.syntax.fragment import MAGIC, Fragment, Reflection, Uses
from firsttry_tasks.selection.syntax.function_bodies import body
from firsttry_tasks.selection.syntax.statements import Scan
from firsttry_tasks.selection.syntax.string_names import QUOTED
from firsttry_tasks.selection.syntax.vocabulary import ACCESSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: From this version on annotations are evaluated when they are asked for.
_LATE = (3, 14)
_DATA = ast.Assign | ast.AnnAssign | ast.AugAssign
_GUARDS = frozenset({"__name__ == '__main__'", "'__main__' == __name__"})


def take_apart(source: bytes) -> tuple[Fragment, ...]:
    """Return all fragments of a file; raises SyntaxError or ValueError as ``compile`` does."""
    tree, warned = compiled(source)
    times = _Times(late=any(map(_is_late, tree.body)))
    fragments: list[Fragment] = []
    for statement in _split(_alive(tree.body)):
        fragments.extend(_statement(statement, "", times, None))
    if warned:
        fragments.append(_warning(warned))
    return tuple(fragments)


def _warning(warned: Sequence[str]) -> Fragment:
    """Return the fragment of what compiling the file warns of, which lies in no line of its own.

    It is done as the file is imported, before anything in it runs, and may raise: where warnings
    are errors nothing of the file is there.
    """
    scan = Scan("")
    scan.visit(ast.Constant("\n".join(warned)))
    return Fragment(
        qualname="",
        is_function_body=False,
        first=0,
        last=-1,
        digest=scan.digest(),
        has_effect=True,
        may_raise=True,
    )


class _Times(dict[str, int]):
    """How often each qualified name was seen.

    Functions may have one name, as in the branches of an `if`, and each body has to be found by
    its own. Annotations are evaluated ``late``, or when their function is defined.
    """

    def __init__(self, *, late: bool) -> None:
        super().__init__()
        self.late = late or sys.version_info >= _LATE


def _is_late(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
    )


def _alive(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements without functions marked ``overload``, which the next ones replace.

    They describe signatures for type checkers; nothing can call them.
    """
    kept: list[ast.stmt] = []
    replaced: set[str] = set()
    for node in reversed(statements):
        # A statement between them may refer to the function while it still has that name.
        if not isinstance(node, Function) or not is_methodical(node):
            replaced.clear()
        # Read backwards: what follows is known when a function is met.
        elif node.name in replaced and all(tip(each) == "overload" for each in node.decorator_list):
            continue
        else:
            replaced = {node.name, *replaced} - evaluated(node)
        kept.append(node)
    return kept[::-1]


def _split(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements with one import statement for each name that is imported.

    So a name that is added to an import changes nothing for its neighbours.
    """
    for node in statements:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.copy_location(ast.Import([alias]), node)
        # The branch for type checkers never runs.
        elif isinstance(node, ast.If) and tip(node.test) == "TYPE_CHECKING":
            yield from _split(node.orelse)
        else:
            yield node


def _statement(
    node: ast.stmt, scope: str, times: _Times, around: ast.ClassDef | None
) -> Iterator[Fragment]:
    """Yield the fragments of a statement; ``around`` is the class it is a member of."""
    scan = Scan(scope)
    # Docstrings are fragments of their own if only code that reads docstrings can notice them.
    # A decorator or metaclass could look at them, and then they stay in the definition.
    if around is not None and _is_doc(node) and is_mild(around):
        yield _doc(node, scope, of_class=True)
        return
    if isinstance(node, Function):
        yield from _descriptions(node, scan, late=times.late)
    if isinstance(node, ast.ClassDef):
        scan.head(node)
        yield _fragment(scan, node, plain=_is_plain(node), mild=is_mild(node))
        inner = f"{scope}.{node.name}" if scope else node.name
        for statement in _split(_alive(node.body)):
            yield from _statement(statement, inner, times, None if scope else node)
    else:
        scan.visit(node)
        scan.visit(ast.Constant(times.late and scan.hinted))  # as of functions, see `_types`
        method = isinstance(node, Function) and is_methodical(node)
        plain = around is not None and _is_plain(around) and is_methodical(node)
        yield _fragment(
            scan, node, plain=plain, mild=around is not None and is_mild(around) and method
        )
    yield from _bodies(scan.functions, times)


def _is_data(node: ast.stmt) -> bool:
    """Tell whether a statement gives a variable a value that other code may look names up in."""
    # What is done with these two is known: Python alone reads them.
    known = isinstance(node, ast.Assign) and tip(node.targets[0]) in {"__all__", "__slots__"}
    return isinstance(node, _DATA) and not known


def _data_strings(scan: Scan) -> frozenset[str]:
    # Patterns (`visit_*`) stand for parts of names, which nothing looks up.
    return frozenset(name for name in scan.spelled if "*" not in name)


def _is_doc(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _doc(node: ast.stmt, of: str, *, runs: bool = False, of_class: bool = False) -> Fragment:
    """Return the fragment of a docstring, of a function or a class.

    With ``runs`` the function is a property or the like: its name gives what it returns, so only
    ``name.__doc__`` on the class leads to the docstring.
    """
    scan = Scan(of)
    scan.visit(node)
    name = of.rpartition(".")[2]
    return Fragment(
        qualname=of,
        is_function_body=False,
        first=node.lineno,
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        uses=Uses(held=frozenset({f"{name}.__doc__" if runs else name, QUOTED + name})),
        is_class=of_class,
        is_doc=True,
    )


def _descriptions(node: Function, scan: Scan, *, late: bool) -> Iterator[Fragment]:
    """Yield what a function says of itself, and let the scan of its definition leave that out."""
    name = f"{scan.scope}.{node.name}" if scan.scope else node.name
    runs = any(tip(each) in ACCESSING for each in node.decorator_list)
    if _is_doc(node.body[0]):
        scan.apart = node
        yield _doc(node.body[0], name, runs=runs)
    found = [hint for _, hint in hints(node)]
    if late or only_names(found):
        scan.typed_apart = node
    # Those that call something stay in the definition, and what they refer to stands here.
    if found and (scan.typed_apart or not node.decorator_list):
        scan.typed = node
        yield _types(node, name, late=late)


def _types(node: Function, name: str, *, late: bool) -> Fragment:
    """Return the fragment of a function's annotations, which lies in no line of its own."""
    scan = Scan(name)
    # The same text is another thing where it is evaluated.
    scan.visit(ast.Constant(late))
    scan.types(node)
    return Fragment(
        qualname=name,
        is_function_body=False,
        first=0,
        last=-1,
        digest=scan.digest(),
        uses=Uses(
            annotations=frozenset(scan.names),
            attrs=frozenset(scan.attrs),
            behind=scan.only_behind(),
            held=frozenset({node.name, QUOTED + node.name}),
        ),
        has_effect=not late and scan.may_raise,
        may_raise=not late,
        is_doc=True,
        of_types=True,
    )


def _bodies(functions: Iterable[tuple[str, ast.AST]], times: _Times) -> Iterator[Fragment]:
    """Yield the bodies of functions, and of the functions inside those."""
    waiting = deque(functions)
    while waiting:
        name, node = waiting.popleft()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            times[name] = times.get(name, 0) + 1
            scan = Scan(f"{name}.<locals>")
            scan.body(node)
            scan.visit(ast.Constant(times.late and scan.hinted))
            waiting.extend(scan.functions)
            key = name if times[name] == 1 else f"{name}#{times[name]}"
            yield body(scan, key, node)


def _is_plain(node: ast.ClassDef) -> bool:
    return not (node.keywords or node.decorator_list)


def _fragment(scan: Scan, node: ast.stmt, *, plain: bool, mild: bool) -> Fragment:
    """Return a statement as a fragment; ``plain`` and ``mild`` as in `Reflection`'s last two."""
    scan.reflects_by(frozenset())
    # Python, pytest and unittest use such members without naming them.
    magic = any(MAGIC.fullmatch(name) for name in scan.stores)
    # What stands under `if __name__ == "__main__"` doesn't run when the module is imported.
    guard = isinstance(node, ast.If) and ast.unparse(node.test) in _GUARDS
    return Fragment(
        qualname=scan.scope,
        is_function_body=False,
        first=first_line(node),
        last=node.end_lineno or node.lineno,
        digest=scan.digest(),
        binds=frozenset() if guard else frozenset(scan.stores),
        uses=Uses(
            names=frozenset(scan.names),
            attrs=frozenset(scan.attrs),
            annotations=frozenset(scan.annotations),
            passed_on=frozenset(scan.passed_on - {""}),
            data_strings=_data_strings(scan) if _is_data(node) else frozenset(),
            held=frozenset(scan.held_names | scan.held),
            imports=frozenset(scan.imports),
            sets=frozenset(scan.sets),
            writes=frozenset(scan.writes),
            behind=scan.only_behind(),
        ),
        reflection=Reflection(
            any_name=scan.any_name,
            any_member=scan.any_member,
            own_module=scan.own_module,
            own_member=scan.own_member,
            searched=frozenset(scan.searched),
            plain_class=plain and not magic,
            undecorated_methods=mild and not magic,
        ),
        has_effect=not guard and scan.has_effect,
        may_raise=not guard and scan.may_raise,
        star=scan.star,
        is_class=isinstance(node, ast.ClassDef),
        decorated=isinstance(node, Function) and bool(node.decorator_list),
        bases=scan.bases,
    )
