"""Reads the words of calls in a noxfile: texts, names that stand for them, and paths."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Stands for a word that only a run knows, as a variable of a shell does.
UNKNOWN = "$"
#: What makes a path or a text of one, by the last name of the call.
_MAKERS = frozenset({"Path", "PurePath", "str", "fspath", "abspath", "realpath"})
#: Methods of a path that return the same place.
_SAME = frozenset({"resolve", "absolute", "as_posix", "expanduser"})


def assigned(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Return what names stand for, where each is given its value by a plain assignment."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def words(
    node: ast.expr,
    known: Mapping[str, ast.expr],
    other: Callable[[ast.expr], tuple[str, ...]] = lambda _: (),
    deep: int = 0,
) -> Iterator[str]:
    """Yield the words that an argument stands for; `UNKNOWN` for one that only a run knows.

    ``other`` returns the words of what is neither a text nor several, if it knows any.
    """
    if deep > len(known) + 5:  # a name that stands for itself
        return
    found = _text(node, known, 0)
    parts: tuple[ast.expr, ...] = ()
    if found is not None:
        yield found
    elif isinstance(node, ast.Starred):
        parts = (node.value,)
    elif isinstance(node, (ast.List, ast.Tuple)):
        parts = tuple(node.elts)
    elif isinstance(node, ast.IfExp):
        # What one machine needs does no harm on another.
        parts = (node.body, node.orelse)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = (node.left, node.right)
        if any(_text(it, known, 0) is not None for it in parts):
            # No list: a text that goes on with one that is not known.
            yield UNKNOWN
            return
    elif isinstance(node, ast.Name) and node.id in known:
        parts = (known[node.id],)
    else:
        yield from other(node) or (UNKNOWN,)
    for it in parts:
        yield from words(it, known, other, deep + 1)


def _text(node: ast.AST, known: Mapping[str, ast.expr], deep: int) -> str | None:
    """Return the text or path that an expression stands for; paths begin at the noxfile's folder.

    None for what is no text, or is not known.
    """
    how = _READERS.get(type(node))
    return how(node, known, deep + 1) if how is not None and deep <= len(known) + 9 else None


def _texts(nodes: list[ast.expr], known: Mapping[str, ast.expr], deep: int) -> list[str]:
    """Return what these stand for; nothing where one is not known."""
    found = [text for it in nodes if (text := _text(it, known, deep)) is not None]
    return found if len(found) == len(nodes) else []


def _name(node: ast.Name, known: Mapping[str, ast.expr], deep: int) -> str | None:
    if node.id == "__file__":
        return "noxfile.py"
    return _text(known[node.id], known, deep) if node.id in known else None


def _of_two(node: ast.BinOp, known: Mapping[str, ast.expr], deep: int) -> str | None:
    parts = _texts([node.left, node.right], known, deep)
    if not parts or not isinstance(node.op, (ast.Add, ast.Div)):
        return None
    return "".join(parts) if isinstance(node.op, ast.Add) else _joined(parts)


def _parent(node: ast.Attribute, known: Mapping[str, ast.expr], deep: int) -> str | None:
    parts = _texts([node.value], known, deep) if node.attr == "parent" else []
    return posixpath.dirname(parts[0]) or "." if parts else None


def _formatted(node: ast.JoinedStr, known: Mapping[str, ast.expr], deep: int) -> str | None:
    held = [it.value if isinstance(it, ast.FormattedValue) else it for it in node.values]
    return "".join(_texts(held, known, deep)) or None


def _called(node: ast.Call, known: Mapping[str, ast.expr], deep: int) -> str | None:
    """Return the path that a call makes of its arguments, or of what it is a method of."""
    function, given = node.func, list(node.args)
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute) and name in {*_SAME, "joinpath"}:
        given.insert(0, function.value)
    texts = _texts(given, known, deep)
    if not texts:
        return None
    if name == "dirname":
        return posixpath.dirname(texts[0]) or "."
    return _joined(texts) if name in {*_MAKERS, *_SAME, "join", "joinpath"} else None


def _joined(texts: list[str]) -> str:
    return posixpath.normpath(posixpath.join(*texts))


_READERS: dict[type[ast.AST], Callable[[Any, Mapping[str, ast.expr], int], str | None]] = {
    ast.Constant: lambda node, _known, _deep: str(node.value),
    ast.Name: _name,
    ast.BinOp: _of_two,
    ast.Attribute: _parent,
    ast.JoinedStr: _formatted,
    ast.Call: _called,
}
