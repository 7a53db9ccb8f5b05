"""Watch what a process and its children ask the operating system for (Linux).

The C library in ``boundary.c`` is compiled at first use, preloaded into the tool, and writes a log
for each process. Where that can't be done, the answer is a sentence that says why.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.observed import Asked
from firsttry_tasks.model.values import Command
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE = Path(__file__).with_name("boundary.c")
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")
#: The variable that tells the library where to write.
LOGS = "FIRSTTRY_BOUNDARY"
#: Enough of a program to read its header: where ELF's table of segments lies is up to the linker,
#: and all linkers put it right behind the header.
HEADER = 4096
#: ELF's number for the segment that names the dynamic linker.
INTERPRETER = 3


class UnwatchableError(FirstTryError):
    """Tools can't be watched here; the sentence says why, and what to do about it."""


def library(folder: Path) -> Path:
    """Return the compiled library, made in ``folder`` where it is not there yet."""
    if sys.platform != "linux":
        raise UnwatchableError("this system is not Linux")
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise UnwatchableError("there is no C compiler; install one, such as gcc")
    made = folder.resolve() / f"boundary-{_name(compiler)}.so"
    # ld.so takes blanks and colons for the end of a path, and knows no way to quote them.
    if {" ", ":"} & set(str(made)):
        raise UnwatchableError(
            f"the path {made} has a blank or a colon in it, which ld.so can't read"
        )
    if not made.exists():
        _compile(compiler, made)
    return made


def _name(compiler: str) -> str:
    # Another compiler may stand for another C library, as on a disk that two systems share.
    seen = Path(compiler).resolve().stat()
    build = f"{compiler} {seen.st_size} {seen.st_mtime_ns} {FLAGS} {os.uname().machine}"
    return disk.digest(SOURCE.read_bytes() + build.encode())[:16]


def _compile(compiler: str, made: Path) -> None:
    disk.own_folder(made.parent)
    beside = made.with_name(f"{made.name}.{os.urandom(4).hex()}")
    argv = (compiler, *FLAGS, "-o", str(beside), str(SOURCE), "-ldl")
    try:
        done = process.run(
            Command(argv=argv, cwd=str(made.parent), env=dict(os.environ), timeout=process.PATIENCE)
        )
        if done.code:
            raise UnwatchableError(
                f"{compiler} could not compile: {' '.join(done.err.split())[-200:]}"
            )
        disk.move(beside, made)
    finally:
        disk.remove(beside)


def environment(base: Mapping[str, str], made: Path, logs: Path) -> dict[str, str]:
    """Return the environment in which a tool is watched and writes its logs into ``logs``."""
    # In front of what else is preloaded: what stands first is asked first.
    others = base.get("LD_PRELOAD", "")
    preload = f"{made}:{others}" if others else str(made)
    return {**base, "LD_PRELOAD": preload, LOGS: str(logs)}


def read(logs: Path) -> list[list[Asked]]:
    """Return the log of each process.

    Raises UnwatchableError where a process did what the library can't follow, or left no log.
    """
    found = [_parse(disk.read(log) or b"") for log in sorted(logs.glob("*"))]
    if not found:
        raise UnwatchableError("the tool took no notice of LD_PRELOAD")
    for asked in (asked for log in found for asked in log):
        if asked.kind == "u":
            raise UnwatchableError(f"it called {asked.path}, which can't be followed")
    _all_follow({asked.path for log in found for asked in log if asked.kind == "x"})
    return found


def _parse(data: bytes) -> list[Asked]:
    lines = data.decode("utf-8", "surrogateescape").split("\0")
    # Where a process was killed while it wrote, the last line has no end.
    return [
        Asked(line[0], int(head[1:]), path)
        for line in lines[:-1]
        for head, _, path in [line.partition(" ")]
    ]


def _all_follow(programs: Iterable[str]) -> None:
    """Raise UnwatchableError for a program that the dynamic linker does not load."""
    for program in programs:
        # One that is not there was not started: shells and Python try each folder of PATH.
        if Path(program).is_file() and not follows(Path(program)):
            raise UnwatchableError(f"it started {program}, into which nothing can be preloaded")


def follows(program: Path) -> bool:
    """Tell whether LD_PRELOAD reaches a program: it is linked dynamically, and not setuid."""
    try:
        with program.open("rb") as stream:
            head = stream.read(HEADER)
        if program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
            return False
    except OSError:
        return False
    if head.startswith(b"#!"):
        words = head[2:].split(b"\n", 1)[0].split()
        # A script is as visible as what runs it; `env` then starts a program of its own.
        return (
            bool(words) and not words[0].startswith(b"#!") and follows(Path(os.fsdecode(words[0])))
        )
    return head.startswith(b"\x7fELF") and INTERPRETER in _segments(head)


def _segments(head: bytes) -> set[int]:
    """Return the types of an ELF file's segments."""
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"  # noqa: PLR2004  ELF's 64 bits
    try:
        start = struct.unpack_from(f"{order}Q" if wide else f"{order}I", head, 32 if wide else 28)[
            0
        ]
        size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
        return {struct.unpack_from(f"{order}I", head, start + n * size)[0] for n in range(count)}
    except struct.error:
        return set()
