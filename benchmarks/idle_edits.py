"""Seeded edits that change no value: who reads such a thing itself alone can tell them."""

from __future__ import annotations

import ast
import itertools
import random
import re
from typing import TYPE_CHECKING

from firsttry_tasks.parity.faults import Fault, even, spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
KINDS = (
    "imports swapped", "import added", "constant added", "function added", "method added",
    "comment on a def", "docstring reworded", "annotation turned", "annotation added",
)  # fmt: skip
_UNION = re.compile(rb"^([\w.\[\], ]+) \| ([\w.\[\], ]+)$")
_OPTIONAL = re.compile(rb"^(?:\w+\.)?Optional\[([\w.]+)\]$")


def draw(root: Path, sources: Iterable[str], count: int, seed: int) -> list[Fault]:
    """Return ``count`` edits, spread evenly over the kinds that the files have places for."""
    pools: dict[str, list[Fault]] = {kind: [] for kind in KINDS}
    for path in sorted(sources):
        text = (root / path).read_bytes()
        for kind, line, (start, end), new in _edits(text):
            fault = Fault(kind=kind, path=path, line=line, start=start, end=end, new=new)
            pools[kind].append(fault)
    return even(list(pools.values()), count, random.Random(seed))


_Edit = tuple[str, int, tuple[int, int], str]


def _edits(text: bytes) -> Iterator[_Edit]:
    tree = ast.parse(text)
    yield from _imports(tree, text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            indent, (_, end) = " " * node.body[-1].col_offset, spans(text)(node.body[-1])
            method = f"\n\n{indent}def unused_method(self):\n{indent}    return 3\n"
            yield "method added", node.lineno, (end, end), method
        elif isinstance(node, Function):
            yield from ((kind, node.lineno, at, new) for kind, at, new in _described(text, node))


def _imports(tree: ast.Module, text: bytes) -> Iterator[_Edit]:
    place = spans(text)
    imports = [it for it in tree.body if _is_plain_import(it)]
    for first, second in itertools.pairwise(imports):
        if second.lineno == first.lineno + 1:
            (start, middle), (last, end) = place(first), place(second)
            new = text[last:end] + text[middle:last] + text[start:middle]
            yield "imports swapped", first.lineno, (start, end), new.decode()
    for statement in imports[-1:]:
        _, end = place(statement)
        yield "import added", statement.lineno, (end, end), "\nimport json as _unused_json"
        yield "constant added", statement.lineno, (end, end), "\n_UNUSED = 12"
        at = len(text), len(text)
        yield "function added", 0, at, "\n\ndef _unused(a, b=1):\n    return a + b\n"


def _is_plain_import(node: ast.stmt) -> bool:
    future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return isinstance(node, ast.Import | ast.ImportFrom) and not future


def _described(text: bytes, node: Function) -> Iterator[tuple[str, tuple[int, int], str]]:
    """Yield edits of what a function says of itself."""
    place = spans(text)
    first, _ = place(node.body[0])
    colon = text.rfind(b":", 0, first)
    one_line = node.body[0].lineno > node.lineno and text[colon:first].strip() == b":"
    if one_line:
        yield "comment on a def", (colon + 1, colon + 1), "  # it is what it was"
    if one_line and node.returns is None and b"->" not in text[:colon].splitlines()[-1]:
        yield "annotation added", (colon, colon), " -> object"
    doc = node.body[0]
    if ast.get_docstring(node) and isinstance(doc, ast.Expr):
        _, end = place(doc)
        at = end - 3 if text[:end].endswith(b'"""') else end - 1
        yield "docstring reworded", (at, at), " So it was before."
    for asked in _annotations(node):
        start, end = place(asked)
        turned = _turned(text[start:end])
        if turned:
            yield "annotation turned", (start, end), turned.decode()


def _annotations(node: Function) -> list[ast.expr]:
    args = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return [it for it in (*(each.annotation for each in args), node.returns) if it is not None]


def _turned(text: bytes) -> bytes:
    """Return an annotation that says the same in other words, none if this has no such."""
    union, optional = _UNION.match(text), _OPTIONAL.match(text)
    if union and all(part.count(b"[") == part.count(b"]") for part in union.groups()):
        return union[2] + b" | " + union[1]
    return optional[1] + b" | None" if optional else b""
