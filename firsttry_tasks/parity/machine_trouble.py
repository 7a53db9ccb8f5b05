"""Recognises differences between the stages that are the machine's fault, such as a full disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.parity.divergence import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firsttry_tasks.model.values import Divergence, Finding

#: What a failure says when the machine is to blame. MemoryError only at the start of a line: a test
#: may be about that very exception, and its message then speaks of it.
BROKEN = re.compile(
    r"No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files"
    r"|File too large|can't start new thread|^(?:E +)?MemoryError\b",
    re.MULTILINE,
)
#: With fewer tests in a run, most of them may fail by chance. A judgement: BuildPulse asks for ten
#: results too before it says anything of a test.
FEW = 10


def broken_machine(finding: Finding) -> Conclusion | None:
    """Return a conclusion where the failure's text says that the machine failed, else None."""
    match = BROKEN.search(f"{finding.message}\n{finding.detail}")
    if not match:
        return None
    # pytest puts an E before the lines of an exception.
    words = match[0].removeprefix("E").strip()
    return Conclusion(
        kind="infrastructure", blocks=False, why=f"it failed with {words!r}", mend="run it again"
    )


def of_machine(found: Sequence[Divergence], ran: int, share: float) -> Iterator[Divergence]:
    """Yield the differences, of kind ``infrastructure`` where too many tests differ at once.

    ``ran`` is the number of tests that the full stage ran, ``share`` the fraction of them above
    which the machine is blamed.
    """
    tests = [it for it in found if it.gate == "tests"]
    # One proved gap is an escape whatever else happened: the machine must never excuse it.
    gaps = any(it.kind in {"selection gap", "unconfirmed"} for it in tests)
    many = ran >= FEW and len(tests) > share * ran and not gaps
    for it in found:
        if many and it.gate == "tests":
            why = f"{len(tests)} of {ran} tests differ at once, so the machine is suspected"
            it = replace(  # noqa: PLW2901  what is yielded is the one as it now stands
                it, kind="infrastructure", blocks=False, sentence=why, mend="run it again"
            )
        yield it
