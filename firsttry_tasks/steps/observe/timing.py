"""Keep how long tests took, from which a run on several machines is planned."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import state_paths
from firsttry_tasks.selection.shards.times import Times, joined, kept
from firsttry_tasks.system import disk, file_state, machine, own_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.model.values import GateResult

#: Bytes from which on the file is written anew with what counts. A judgement: as much as fifty
#: runs of 10,000 tests.
LARGE = 32 << 20


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The times of one run, or of several, on one kind of machine: the newest of each test last."""

    kind: str
    seconds: dict[str, tuple[float, ...]]


def kind() -> str:
    """Return what makes times comparable: system and processor, their number, and Python."""
    version = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    return f"{machine.platform()}, {os.cpu_count()} processors, {version}"


def keep(root: Path, result: GateResult) -> None:
    """Keep the times of a run's tests."""
    if result.tests and result.tests.durations and result.status != "error":
        add(root, kind(), result.tests.durations)


def add(root: Path, name: str, seconds: Mapping[str, float]) -> None:
    """Keep the times of tests that ran on a kind of machine."""
    line = Line(kind=name, seconds={nodeid: (round(it, 4),) for nodeid, it in seconds.items()})
    place = root / state_paths.TIMES
    if place.exists() and file_state.size(place) > LARGE:
        own_files.write_lines(place, [*_lines(_known(root)), line])
        return
    disk.own_folder(place.parent)
    # Appended: a run of five tests must not write those of ten thousand. Half a line, left by a
    # kill, is passed over.
    disk.append(str(place), f"{msgspec.json.encode(line).decode()}\n")


def read(root: Path) -> Times:
    """Return the times that are known here: of a golden cache, and of this checkout's runs."""
    restored = disk.read_own(root / state_paths.GOLDEN_TIMES, Times) or Times()
    return joined(restored, _known(root))


def bring(root: Path, folder: Path) -> None:
    """Put the times that are known here beside what a golden cache is packed from."""
    # They decide no outcome, so that they may come from runs that were not cold.
    disk.write_json(folder / Path(state_paths.GOLDEN_TIMES).name, read(root))


def _known(root: Path) -> Times:
    times = Times()
    for line in own_files.lines(root / state_paths.TIMES, Line):
        for turn in range(max(map(len, line.seconds.values()), default=0)):
            some = {nodeid: it[turn] for nodeid, it in line.seconds.items() if len(it) > turn}
            times = kept(times, line.kind, some)
    return times


def _lines(times: Times) -> list[Line]:
    return [Line(kind=name, seconds=it) for name, it in times.kinds.items()]
