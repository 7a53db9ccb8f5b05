"""The page's numbers as tables: what its HTML holds, and the CSV files behind it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec

from firsttry_tasks.reporting.page import values

if TYPE_CHECKING:
    from firsttry_tasks.reporting.page.values import Page

#: The tables, by the names of the page's fields, and what a row of each is.
ROWS: dict[str, type[msgspec.Struct]] = {
    "failures": values.Failure,
    "differences": values.Difference,
    "tests": values.Test,
    "gates": values.Gate,
    "shards": values.Shard,
    "fallbacks": values.Fallback,
    "flaky": values.Flake,
    "moves": values.Move,
    "boxes": values.Box,
    "runs": values.Run,
}
#: What a spreadsheet takes for the beginning of a formula: a test's parameters may begin so.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[list[Any]]


def tables(page: Page) -> dict[str, Table]:
    """Return every table of the page by its name."""
    found = {name: _table(getattr(page, name), kind) for name, kind in ROWS.items()}
    return {"sums": _sums(page), **found}


def _sums(page: Page) -> Table:
    """Return the figures that stand at the top of the page."""
    parts = {"ran": page.ran, "stood": page.stood, "skipped": page.skipped}
    rows: list[list[Any]] = [[what, it.tests, it.seconds] for what, it in parts.items()]
    rows += [["warm", None, page.warm_seconds], ["full", None, page.full_seconds]]
    return Table(columns=("what", "tests", "seconds"), rows=rows)


def _table(rows: tuple[msgspec.Struct, ...], kind: type[msgspec.Struct]) -> Table:
    columns = kind.__struct_fields__
    found = [[msgspec.to_builtins(getattr(row, name)) for name in columns] for row in rows]
    return Table(columns=columns, rows=found)


def as_csv(table: Table) -> bytes:
    """Return a table as CSV; no cell of it is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(it) for it in row] for row in table.rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(_text(it) for it in value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _text(it: Any) -> str:
    if isinstance(it, dict):
        return " ".join(f"{key}={value}" for key, value in it.items())
    return str(it)
