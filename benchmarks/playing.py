"""Play real projects with ``ft replay`` and ``ft drill``: each in a clone, by the command alone."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from benchmarks.project import copy
from firsttry_tasks.parity.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firsttry_tasks.parity.played import Played


class Proved(Struct, frozen=True, kw_only=True):
    """A project, and what was proved of it."""

    project: str
    proof: Proof


def parser(text: str | None, result: str) -> argparse.ArgumentParser:
    """Return what reads the arguments that both benchmarks have; ``result`` names their file."""
    found = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("--project", action="append", required=True)
    found.add_argument("--python", default=sys.executable)
    found.add_argument("--json", default=str(RESULTS / result))
    return found


def proved(asked: argparse.Namespace, *words: str) -> list[Proved]:
    """Play each project; write all that is known after each."""
    found: list[Proved] = []
    with tempfile.TemporaryDirectory(prefix="playing-") as base:
        for spec in asked.project:
            source, src, *data = spec.split(":")
            more = [word for glob in data for word in ("--data", glob)]
            project = copy(source, Path(base).resolve(), asked.python, src)
            found.append(Proved(project=project.name, proof=project.prove(*words, *more, "--json")))
            text = msgspec.json.format(msgspec.json.encode(found), indent=1)
            Path(asked.json).write_bytes(text + b"\n")
    return found


def judged(proof: Proof) -> list[Played]:
    """Return what says something of warm."""
    return [it for it in (*proof.steps, *proof.faults) if it.state == "judged"]


def ratios(played: Sequence[Played]) -> Iterator[str]:
    """Yield the medians of warm's time and CPU over those of all tests."""
    yield f"{statistics.median(it.warm_seconds / it.full_seconds for it in played):.2f}"
    yield f"{statistics.median(it.warm_cpu / it.full_cpu for it in played):.2f}"


def row(cells: Sequence[object]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |\n"


def head(columns: Sequence[str]) -> str:
    """Return the head of a Markdown table."""
    return f"{row(columns)}|{'---|' * len(columns)}\n"


def finish(found: Sequence[Proved], table: str) -> int:
    """Print the table; return 1 where anything was missed or falsely red."""
    sys.stdout.write(table)
    return int(any(it.proof.exit_code for it in found))
