"""Walks over a syntax tree once, gathering its text without comments and layout."""

from __future__ import annotations

import ast
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Walk:
    """A walk over nodes; a subclass says what certain kinds of nodes mean.

    ``kinds`` maps the name of a node's class to a function that takes the node in. It returns
    whether the fields of the node are still to be walked over.
    """

    kinds: ClassVar[Mapping[str, Callable[..., bool]]] = {}

    def __init__(self) -> None:
        """Begin with no text."""
        # Pieces that are joined at the end: adding to a string would copy it for every node.
        self._text: list[str] = []

    def digest(self) -> bytes:
        """Return the digest, of 8 bytes, of everything that was walked over."""
        # A string literal may hold half of a surrogate pair, which plain UTF-8 refuses.
        text = "".join(self._text).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=8).digest()

    def visit(self, node: ast.AST) -> None:
        """Walk over a node and all inside it."""
        # By name and not by class: one entry serves kinds that only some versions of Python have.
        kind = node.__class__.__name__
        self._text.append(kind)
        known = self.kinds.get(kind)
        if known is None or known(self, node):
            self._fields(node)

    def _fields(self, node: ast.AST, *skip: str) -> None:
        """Walk over the fields of a node but those called ``skip``."""
        # The brackets and commas keep apart what would otherwise have one text: `f(a)(b)` and
        # `f(a(b))`. Line numbers are attributes and no fields, so they are left out.
        append = self._text.append
        append("(")
        held = node.__dict__
        for field in node._fields:
            value = held.get(field)
            # `ctx` repeats what the place of a name says: whether it is set or read.
            if value is None or field == "ctx" or field in skip:
                append(",")
            elif isinstance(value, ast.AST):
                self.visit(value)
                append(",")
            elif isinstance(value, list):
                self._each(value)
            else:
                append(f"{value!r},")
        append(")")

    def _each(self, values: Iterable[object]) -> None:
        append = self._text.append
        append("[")
        for value in values:
            if isinstance(value, ast.AST):
                self.visit(value)
                append(",")
            else:
                append(f"{value!r},")
        append("]")
