"""Seeded faults: small wrong edits of Python source and of data files, each of a named kind."""

import ast
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from firsttry_tasks.model.source.quietly import parsed

KINDS = ("body", "condition", "return", "constant", "class attribute", "decorator", "data file")
_SWAPS = {True: "False", False: "True"}


class Fault(Struct, frozen=True, kw_only=True):
    """One edit: in this file, the bytes from `start` to `end` become `new`."""

    kind: str
    path: str
    line: int
    start: int
    end: int
    new: str

    def apply(self, root: Path) -> None:
        """Make the edit."""
        place = root / self.path
        text = place.read_bytes() if place.exists() else b""
        place.write_bytes(text[: self.start] + self.new.encode() + text[self.end :])


def draw(
    root: Path, sources: Iterable[str], data: Iterable[str], count: int, seed: int
) -> list[Fault]:
    """Return `count` faults, spread evenly over the kinds that the files have places for."""
    dice = random.Random(seed)  # noqa: S311  the same faults for the same seed
    pools: dict[str, list[Fault]] = {kind: [] for kind in KINDS}
    for path in sorted(sources):
        for fault in dict.fromkeys(_in_python(path, (root / path).read_bytes())):
            pools[fault.kind].append(fault)
    for path in sorted(data):
        pools["data file"].extend(in_data(path, (root / path).read_bytes()))
    return even(list(pools.values()), count, dice)


def even(pools: list[list[Fault]], count: int, dice: random.Random) -> list[Fault]:
    """Return ``count`` faults, drawn from one pool after the other."""
    for pool in pools:
        dice.shuffle(pool)
    pools = [pool for pool in pools if pool]
    drawn: list[Fault] = []
    while len(drawn) < count and any(pools):
        drawn.extend(pool.pop() for pool in pools if pool)
    return drawn[:count]


def _in_python(path: str, text: bytes) -> Iterator[Fault]:
    place = spans(text)
    for kind, node, new in _edits(parsed(text)):
        first, last = place(node)
        first -= kind == "decorator"  # the sign before it goes, too
        words = new.replace("{old}", text[first:last].decode())
        yield Fault(kind=kind, path=path, line=node.lineno, start=first, end=last, new=words)


def spans(text: bytes) -> Callable[[ast.expr | ast.stmt | ast.arg], tuple[int, int]]:
    """Return what tells in which bytes of the text a node stands."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: ast.expr | ast.stmt | ast.arg) -> tuple[int, int]:
        first = starts[node.lineno - 1] + node.col_offset
        return first, starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    return place


def _edits(tree: ast.Module) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    for statement in tree.body:
        yield from _constants("constant", statement)
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                for statement in node.body:
                    yield from _constants("class attribute", statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for decorator in node.decorator_list:
                    yield "decorator", decorator, ""
                for inner in ast.walk(node):
                    yield from _inside(inner)
            case _:
                pass


def _constants(kind: str, statement: ast.stmt) -> Iterator[tuple[str, ast.expr, str]]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return
    inside_text = {
        part
        for node in ast.walk(statement.value)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
    }
    for node in ast.walk(statement.value):
        if isinstance(node, ast.Constant) and node not in inside_text:
            new = _other(node.value)
            if new:
                yield kind, node, new


def _other(value: object) -> str:
    if isinstance(value, bool):
        return _SWAPS[value]
    if isinstance(value, int | float):
        return repr(value + 1)
    return repr(value + "x") if isinstance(value, str) else ""


def _inside(node: ast.AST) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            yield "condition", node.test, "(not ({old}))"
        case ast.Return(value=ast.Constant(value=None)):
            pass
        case ast.Return(value=ast.expr()):
            yield "return", node, "return None"
        case ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield "body", node, "pass"
        case _:
            pass


def in_data(path: str, text: bytes) -> Iterator[Fault]:
    """Yield a fault for each line that is not blank: without it."""
    at = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if line.strip():
            yield Fault(
                kind="data file", path=path, line=number, start=at, end=at + len(line), new=""
            )
        at += len(line)
