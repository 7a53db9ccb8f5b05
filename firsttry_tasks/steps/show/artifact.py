"""Reads the files of a run from a folder, such as a CI's artifact: data that anybody may have made.

Nothing in it is followed, started or believed: each file is bounded and decoded by its type.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model import decoding, state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import STAGES, Report, Stage, Verdict
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.page.gather import Sources
from firsttry_tasks.stores import runs as stored_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.parity.history import Line

T = TypeVar("T")
#: Bytes of a file at most, files at most, and levels of folders. A report of 64,000 tests has some
#: ten megabytes; the rest is room for whole texts of failures.
MOST, FILES, DEEP = 64 << 20, 10_000, 6
#: Files by their names, wherever an artifact put them.
REPORTS: dict[str, Stage] = {Path(state_paths.report_file(it)).name: it for it in STAGES}
VERDICT = Path(state_paths.VERDICT).name
FLAKY = Path(flaky_memory.FILE).name
RUNS = Path(state_paths.RUNS).name


class _File(Struct, frozen=True, kw_only=True):
    """A file of the folder; its bytes are read when they are asked for."""

    name: str
    read: Callable[[], bytes]


def read(folder: Path) -> Sources:
    """Return what the files in a folder say; FirstTryError where no report is among them."""
    files = tuple(_files(folder))
    reports: dict[Stage, Report] = {}
    for name, stage in REPORTS.items():
        found = [it for it in _decoded(files, name, Report) if it.stage == stage]
        if found:
            reports[stage] = max(found, key=lambda it: it.created)
    if not reports:
        raise FirstTryError(
            f"No report is in {folder}. It has to hold {' or '.join(REPORTS)}, as CI uploads them."
        )
    one = gather.one_run(reports)
    return Sources(
        reports=one,
        verdict=_verdict(one, _decoded(files, VERDICT, Verdict)),
        memory=next((_flaky(it) for it in files if it.name == FLAKY), FlakyMemory()),
        lines=_lines(files),
    )


def _verdict(reports: dict[Stage, Report], verdicts: list[Verdict]) -> Verdict | None:
    """Return the verdict of the run: also one that a report was missing, or of another tree."""
    return of_these(reports, verdicts) or next(
        (it for it in verdicts if it.name == "incomparable" and len(reports) < len(STAGES)), None
    )


def of_these(reports: dict[Stage, Report], verdicts: list[Verdict]) -> Verdict | None:
    """Return the verdict on two reports; None where there is none of their commit and lock."""
    both = len(reports) == len(STAGES)
    known = {it.fingerprint for it in reports.values()}
    # One that says that nothing could be compared has no fingerprint.
    mine = [it for it in verdicts if it.fingerprint in known or not it.fingerprint]
    return mine[-1] if both and mine else None


def _files(folder: Path) -> Iterator[_File]:
    """Yield the files below a folder, links left out; FirstTryError where there are too many."""
    count = 0
    for place, folders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= DEEP:
            folders.clear()
        for name in sorted(names):
            count += 1
            if count > FILES:
                raise FirstTryError(f"{folder} has more than {FILES} files; is it a CI's artifact?")
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield _File(name=name, read=lambda path=path: _bytes(path))  # type: ignore[misc]


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST + 1)
    except OSError as error:
        raise FirstTryError(f"{path} can't be read: {error.strerror}.") from error
    if len(data) > MOST:
        raise FirstTryError(f"{path} has more than {MOST >> 20} MB, which no report has.")
    return data


def _decoded(files: tuple[_File, ...], name: str, kind: type[T]) -> list[T]:
    """Return the values in all files of a name; FirstTryError where one is something else."""
    found = []
    for it in files:
        if it.name == name:
            try:
                found.append(decoding.json(it.read(), kind))
            except decoding.UndecodableError as error:
                raise FirstTryError(f"{name} is no {kind.__name__.lower()}: {error}.") from error
    return found


def _flaky(it: _File) -> FlakyMemory:
    return list_file.decode(it.read())


def _lines(files: tuple[_File, ...]) -> tuple[Line, ...]:
    """Return the parity runs that the folder tells of, each once, oldest first."""
    found: dict[str, Line] = {}
    for it in files:
        if it.name == RUNS or it.name.startswith(stored_runs.PREFIX):
            # What can't be an honest line is left out; the others are as good as they were.
            lines = it.read().splitlines() if it.name == RUNS else [it.read()]
            found.update((line.id, line) for line in map(stored_runs.read, lines) if line)
    return tuple(sorted(found.values(), key=lambda line: line.at))
