"""Tells from a program's header whether the C library can be preloaded into it."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

#: Enough of a program to read its header: where ELF's table of segments lies is up to the linker,
#: and all linkers put it right behind the header.
HEADER = 4096
#: ELF's number for the segment that names the dynamic linker.
INTERPRETER = 3
#: The note in which Go's linker writes who built a program, of type 4. Go calls the kernel past the
#: C library, also where it is linked to that.
GO = b"\x04\0\0\0Go\0\0"


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
    return head.startswith(b"\x7fELF") and INTERPRETER in _segments(head) and GO not in head


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
