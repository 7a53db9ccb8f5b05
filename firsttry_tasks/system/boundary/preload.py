"""Watch what a process and its children ask the operating system for (Linux).

The C library in ``boundary.c`` is compiled at first use, preloaded into the tool, and writes a log
for each process. Where that can't be done, the answer is a sentence that says why.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.observed import Asked
from firsttry_tasks.model.values import Command
from firsttry_tasks.recorder.boundary.elf import follows
from firsttry_tasks.system import disk, machine, process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE = Path(__file__).with_name("boundary.c")
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")
#: The variable that tells the library where to write.
LOGS = "FIRSTTRY_BOUNDARY"


class UnwatchableError(FirstTryError):
    """Tools can't be watched here; the sentence says why, and what to do about it."""


def library(folder: Path) -> Path:
    """Return the compiled library, made in ``folder`` where it is not there yet.

    What was compiled once is kept in the user's cache, for the next checkout of this machine, but
    for CI.
    """
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
        disk.own_folder(made.parent)
        kept = _cache() / made.name
        # In CI code of a pull request may have run as this user before, and left a file there.
        shared = not machine.in_ci(os.environ)
        if not (shared and _is_own(kept) and _copied(kept, made)):
            _compile(compiler, made)
            if shared:
                _copied(made, kept)
    return made


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path("~/.cache").expanduser()) / "firsttry"


def _is_own(kept: Path) -> bool:
    """Tell whether nobody else can have written a file that is going to run in every tool."""
    try:
        seen = [it.lstat() for it in (kept, kept.parent)]
    except OSError:
        return False
    return stat.S_ISREG(seen[0].st_mode) and all(
        it.st_uid == os.getuid() and not it.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for it in seen
    )


def _copied(source: Path, target: Path) -> bool:
    """Put a copy of a file into another folder, whole; tell whether that could be done."""
    beside = target.with_name(f"{target.name}.{os.urandom(4).hex()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, beside)
        beside.chmod(0o700)
        beside.replace(target)
    except OSError:
        # A home that can't be written to, or a full disk: then it is compiled, and says so there.
        with suppress(OSError):
            beside.unlink()
        return False
    return True


def _name(compiler: str) -> str:
    # Another compiler may stand for another C library, as on a disk that two systems share.
    seen = Path(compiler).resolve().stat()
    build = f"{compiler} {seen.st_size} {seen.st_mtime_ns} {FLAGS} {os.uname().machine}"
    return disk.digest(SOURCE.read_bytes() + build.encode())[:16]


def _compile(compiler: str, made: Path) -> None:
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


def environment(
    base: Mapping[str, str], made: Path, logs: Path, root: str = "", left_out: Iterable[str] = ()
) -> dict[str, str]:
    """Return the environment in which a tool is watched and writes its logs into ``logs``.

    With ``root``, paths that begin with one of ``left_out`` (with a slash), or hold it, are none
    of the logs'.
    """
    # In front of what else is preloaded: what stands first is asked first.
    others = base.get("LD_PRELOAD", "")
    preload = f"{made}:{others}" if others else str(made)
    plan = "\n".join((str(logs), "0", root, *left_out))
    return {**base, "LD_PRELOAD": preload, LOGS: plan}


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
        Asked(head[0], int(head[1:]), path)
        for head, _, path in (line.split(" ", 2) for line in lines[:-1])
    ]


def _all_follow(programs: Iterable[str]) -> None:
    """Raise UnwatchableError for a program that the dynamic linker does not load."""
    for program in programs:
        # One that is not there was not started: shells and Python try each folder of PATH.
        if Path(program).is_file() and not follows(Path(program)):
            raise UnwatchableError(f"it started {program}, into which nothing can be preloaded")
