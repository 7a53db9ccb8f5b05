"""Signatures of index entries, by ssh keys as git uses them; once configured, required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[[list[str], bytes], tuple[int, bytes, str]]

#: A signature made for anything else, such as a commit, is none here.
NAMESPACE = "firsttry-golden"
MOST = 64 << 10


def sign(data: bytes, key: Path, ask: Ask | None = None) -> bytes:
    """Sign an index entry; ``key`` is a private key, or an agent's public one."""
    argv = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE]
    code, out, err = (ask or _ask)(argv, data)
    if code:
        raise FirstTryError(f"The label can't be signed with {key}: {' '.join(err.split())}")
    return out


def verify(
    data: bytes, signature: bytes | None, signers: Path, scratch: Path, ask: Ask | None = None
) -> str:
    """Return who signed an index entry; raises BadBoxError unless one of ``signers`` did.

    ``scratch`` is a place for the signature while it is looked at.
    """
    if not signature:
        raise BadBoxError("it is not signed, and signers are configured")
    ask = ask or _ask
    disk.write(scratch, signature)
    begin = ["ssh-keygen", "-Y"]
    try:
        found = ["find-principals", "-s", str(scratch), "-f", str(signers)]
        code, out, _ = ask([*begin, *found], b"")
        names = out.decode("utf-8", "replace").split()
        if code or not names:
            raise BadBoxError(f"whoever signed it is not in {signers.name}")
        checked = ["verify", "-f", str(signers), "-I", names[0], "-n", NAMESPACE]
        code, _, err = ask([*begin, *checked, "-s", str(scratch)], data)
        if code:
            raise BadBoxError(f"its signature is not good ({' '.join(err.split())[:200]})")
        return names[0]
    finally:
        disk.remove(scratch)


def _ask(argv: list[str], stdin: bytes) -> tuple[int, bytes, str]:
    from firsttry_tasks.system.git import environment

    [answer] = process.outputs([argv], cwd="/", env=environment(), stdin=stdin)
    return answer
