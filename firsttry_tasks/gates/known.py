"""Tells which findings are known: those that ``ci/baseline.json`` holds, by what the lines say.

Nothing of tests is ever in it: a baseline is about what tools say of lines.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.source.quietly import parsed
from firsttry_tasks.model.values import SCHEMA_VERSION
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from firsttry_tasks.model.values import Finding

    #: Returns the lines of a file of the project; none where it is gone.
    Lines = Callable[[str], tuple[str, ...]]

FILE = "ci/baseline.json"
#: How many lines on each side tell one line from another that reads the same.
AROUND = 2
#: What a project's dodo.py holds that has no tasks but ours.
DODO = "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n"


class Entry(Struct, frozen=True, kw_only=True, order=True):
    """A known finding: its rule, the line's text, and digests of the lines above and below.

    ``message`` is there where a rule says different things of one line.
    """

    path: str
    gate: Literal["ruff", "mypy"]
    rule: str
    line: str
    message: str = ""
    around: str = ""


class Baseline(Struct, frozen=True, kw_only=True):
    """``ci/baseline.json``: the findings that a project has decided to live with."""

    schema_version: int = SCHEMA_VERSION
    findings: tuple[Entry, ...] = ()


def decode(data: bytes | None) -> Baseline:
    """Return the baseline; an empty one without a file. UsageError where it can't be read."""
    if not data:
        return Baseline()
    try:
        return decoding.json(data, Baseline)
    except decoding.UndecodableError as error:
        raise UsageError(f"{FILE}: {error}. Write it anew with: ft baseline") from error


def encode(entries: Iterable[Entry]) -> bytes:
    """Return the file's bytes: equal entries give equal bytes, and a diff shows what came."""
    made = msgspec.json.encode(Baseline(findings=tuple(sorted(entries))))
    return msgspec.json.format(made) + b"\n"


def entry(finding: Finding, lines: Lines) -> Entry:
    """Return what a baseline keeps of a finding."""
    text = lines(finding.path or "")
    at = (finding.line or 0) - 1
    there = 0 <= at < len(text)
    sides = (_told(reversed(text[: max(at, 0)])), _told(text[at + 1 :])) if there else ()
    return Entry(
        path=finding.path or "",
        gate="mypy" if finding.gate == "mypy" else "ruff",
        rule=finding.rule,
        line=text[at].strip() if there else "",
        # ruff words its messages anew from version to version.
        message=finding.message if finding.gate == "mypy" or not there else "",
        around=" ".join(disk.digest("\n".join(side).encode())[:8] for side in sides),
    )


def _told(lines: Iterable[str]) -> Iterator[str]:
    """Yield the nearest lines that say something."""
    found = (line.strip() for line in lines if line.strip())
    for _, line in zip(range(AROUND), found, strict=False):
        yield line


def unknown(
    findings: Iterable[Finding], entries: Iterable[Entry], lines: Lines
) -> tuple[Finding, ...]:
    """Return the findings that no entry stands for; each entry stands for one.

    Lines that read the same are told apart by those around, so that a copy of a known line is new.
    Where a file is gone, its entries stand for the same lines in another one.
    """
    left = [(it, entry(it, lines)) for it in findings]
    rest = dict(enumerate(entries))
    gone = {path for path in {it.path for it in rest.values()} if not lines(path)}
    for same in (_exactly, _above, _below, _line, _moved):
        pool: dict[object, list[int]] = defaultdict(list)
        for number, it in rest.items():
            if same is not _moved or it.path in gone:
                pool[same(it)].append(number)
        still = []
        for finding, made in left:
            if pool[same(made)]:
                del rest[pool[same(made)].pop()]
            else:
                still.append((finding, made))
        left = still
    return tuple(finding for finding, _ in left)


def _exactly(it: Entry) -> object:
    return it


def _above(it: Entry) -> object:
    return msgspec.structs.replace(it, around=it.around.partition(" ")[0])


def _below(it: Entry) -> object:
    return msgspec.structs.replace(it, around=it.around.partition(" ")[2])


def _line(it: Entry) -> object:
    return msgspec.structs.replace(it, around="")


def _moved(it: Entry) -> object:
    return msgspec.structs.replace(it, path="")


def written_here(path: str, lines: Lines) -> bool:
    """Tell whether FirstTry told the owner to write this file: a dodo.py with our two lines."""
    if path.rpartition("/")[2] != "dodo.py":
        return False
    try:
        body = parsed("\n".join(lines(path))).body
    except (SyntaxError, ValueError):
        return False
    told = body[1:] if body and ast.get_docstring(ast.Module(body, [])) else body
    return list(map(ast.dump, told)) == list(map(ast.dump, parsed(DODO).body))
