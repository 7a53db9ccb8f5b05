"""Signs index entries and verifies their signatures, with ssh keys as git uses them.

Once signers are configured, a box without a good signature is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[[list[str], bytes], tuple[int, bytes, str]]

#: ssh-keygen binds a signature to a namespace, so that one made for a commit does not count here.
NAMESPACE = "firsttry-golden"
#: Bytes that a signature may have; one by an ssh key has under two thousand.
MOST = 64 << 10


def sign(data: bytes, key: Path, ask: Ask | None = None) -> bytes:
    """Return the signature of an index entry; raises FirstTryError where ssh-keygen fails.

    ``key`` is a file with a private key, or with the public key of one that an ssh agent holds.
    """
    argv = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE]
    code, out, err = (ask or _ask)(argv, data)
    if code:
        raise FirstTryError(f"The label can't be signed with {key}: {' '.join(err.split())}")
    return out


def verify(
    data: bytes, signature: bytes | None, signers: Path, scratch: Path, ask: Ask | None = None
) -> str:
    """Return the signer of an index entry; raises BadBoxError unless ``signers`` lists them.

    ``signers`` is a file in the format of git's allowed_signers. The signature is written to
    ``scratch`` while it is verified, because ssh-keygen takes it from a file only.
    """
    if not signature:
        raise BadBoxError("it is not signed, and signers are configured")
    ask = ask or _ask
    disk.write(scratch, signature)
    begin = ["ssh-keygen", "-Y"]
    try:
        # Two steps: verifying needs the signer's name, which only the first step can tell.
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
    # Git's environment, which names no file of the project: a checkout can't redirect ssh-keygen.
    from firsttry_tasks.system.git import environment

    [answer] = process.outputs([argv], cwd="/", env=environment(), stdin=stdin)
    return answer
