"""Formats plain tables, sizes and durations, the same for a terminal, a log and a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = 60.0


def table(head: Sequence[str], rows: Sequence[Sequence[str]], most: int | None = None) -> list[str]:
    """Return a table's lines; each column is as wide as its widest cell, each line at most so."""
    # But for the last column's rule: its cells may be sentences, and a rule of 160 dashes wraps.
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width for width in widths[:-1]] + ["-" * min(widths[-1], 40)]
    lines = [_line(cells, widths) for cells in (head, rule, *rows)]
    return [cut(line, most) for line in lines] if most else lines


def cut(line: str, most: int) -> str:
    """Return a line of at most so many letters; three dots stand for what is left out."""
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()


def megabytes(size: int) -> str:
    """Return a size in bytes as ``0.1 MB`` or ``27.3 MB``."""
    return f"{size / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """Return ``0.05 s``, ``12.3 s`` or ``2 min 05 s``."""
    if seconds >= MINUTE:
        return f"{int(seconds // MINUTE)} min {int(seconds % MINUTE):02} s"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"  # noqa: PLR2004


def age(seconds: float) -> str:
    """Return ``5 min``, ``3 h`` or ``12 d``."""
    # Never negative: a golden cache may have been made by a machine whose clock is ahead.
    minutes = max(0, int(seconds // MINUTE))
    if minutes < 120:  # noqa: PLR2004  two hours
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"  # noqa: PLR2004
