"""The text of a fragment of code without comments and layout, gathered in one walk."""

from __future__ import annotations

import ast
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Walk:
    """Walks over nodes; who inherits from it says what certain kinds of them mean.

    ``kinds`` are functions by the kind of node that they take in; they tell whether the fields of
    the node are still to be walked over.
    """

    kinds: ClassVar[Mapping[str, Callable[..., bool]]] = {}

    def __init__(self) -> None:
        """Begin with no text."""
        self._text: list[str] = []

    def digest(self) -> bytes:
        """Return the digest of all that was walked over."""
        text = "".join(self._text).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=8).digest()

    def visit(self, node: ast.AST) -> None:
        """Walk over a node and all inside it."""
        kind = node.__class__.__name__
        self._text.append(kind)
        known = self.kinds.get(kind)
        if known is None or known(self, node):
            self._fields(node)

    def _fields(self, node: ast.AST, skip: str = "") -> None:
        append = self._text.append
        append("(")
        held = node.__dict__
        for field in node._fields:
            value = held.get(field)
            # Whether a name is set or asked for is said by where it stands.
            if value is None or field in {skip, "ctx"}:
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
