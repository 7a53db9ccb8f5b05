"""Knows for the annotations of which functions nobody asked in a recorded run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from firsttry_tasks.model.recording import Record, Unread
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.syntax.fragment import Fragment


def asked(
    records: Sequence[Record], sources: Callable[[str], Sequence[Fragment]]
) -> dict[str, tuple[int, ...]]:
    """Return the functions for whose annotations somebody may have asked, by file.

    They are the numbers of their bodies. A file is missing where a process that imported it could
    not see that.
    """
    told: dict[str, Unread] = {}
    silent: set[str] = set()
    for record in records:
        says = {one.path: one for one in record.unread}
        silent |= {it.name for it in record.scopes if it.kind == "import"} - says.keys()
        for path, one in says.items():
            told[path] = told.get(path, one).agreed(one)
    return {
        path: tuple(_asked(sources(path), one))
        for path, one in sorted(told.items())
        if path not in silent
    }


def _asked(fragments: Sequence[Fragment], seen: Unread) -> Iterable[int]:
    typed = {it.qualname for it in fragments if it.of_types}
    for number, it in enumerate(fragments):
        if it.is_function_body and "<locals>" not in it.qualname:
            # One that should have annotations and has none was asked, as a rule.
            bare = it.first in seen.bare and _plain(it) not in typed
            if not (bare or it.first in seen.annotated):
                yield number


def are_unread(
    recorded: RecordedRun, path: str, fragments: Sequence[Fragment], qualname: str
) -> bool:
    """Tell whether nobody asked for the annotations of any function of this name in a file.

    ``fragments`` are those of the file when it was recorded.
    """
    read = recorded.annotations.get(path)
    bodies = {n for n, it in enumerate(fragments) if it.is_function_body and _plain(it) == qualname}
    return read is not None and bool(bodies) and bodies.isdisjoint(read)


def _plain(body: Fragment) -> str:
    """Return the qualified name of a function, which another may have, too."""
    return body.qualname.partition("#")[0]
