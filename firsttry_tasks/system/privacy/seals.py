"""Seals values of variables for a box: who has a value can check it, and each guess is dear.

A digest of a PIN is no secret: there are ten thousand PINs. So a box has no plain digests; each
value is sealed with a salt of its own by scrypt, which takes a twentieth of a second and 16 MiB.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Asked = TypeVar("Asked")
Got = TypeVar("Got")

#: What scrypt costs: its own choice for interactive use. More would be dearer for whoever guesses,
#: and as much dearer for each machine that restores a box.
COST, BLOCK = 1 << 14, 8
SALT = LENGTH = 16
#: Values that are sealed at most, some three seconds of work. The names of those beyond it are in
#: the box alone, so that elsewhere the tests that read them run. A judgement.
MOST = 64
_SEAL = re.compile(r"[0-9a-f]{32}:[0-9a-f]{32}")


def seal(name: str, value: str) -> str:
    """Return the seal of a variable's value; no two seals are alike."""
    return _sealed(name, value, os.urandom(SALT))


def _sealed(name: str, value: str, salt: bytes) -> str:
    text = f"{name}\0{value}".encode("utf-8", "surrogatepass")
    made = hashlib.scrypt(text, salt=salt, n=COST, r=BLOCK, p=1, dklen=LENGTH)
    return f"{salt.hex()}:{made.hex()}"


def holds(sealed: str, name: str, value: str) -> bool:
    """Tell whether a seal is that of this value."""
    salt = bytes.fromhex(sealed.partition(":")[0])
    return hmac.compare_digest(sealed, _sealed(name, value, salt))


def every(names: Iterable[str], value: Callable[[str], str | None]) -> dict[str, str]:
    """Return the seals of the first ``MOST`` variables that are set."""
    found = {name: it for name in names if (it := value(name)) is not None}
    some = list(found.items())[:MOST]
    return dict(_side_by_side(lambda pair: (pair[0], seal(*pair)), some))


def held(seals: Mapping[str, str], value: Callable[[str], str | None]) -> frozenset[str]:
    """Return the variables whose value here is the sealed one."""
    found = {name: it for name in seals if (it := value(name)) is not None}
    same = _side_by_side(lambda name: holds(seals[name], name, found[name]), found)
    return frozenset(name for name, good in zip(found, same, strict=True) if good)


def _side_by_side(act: Callable[[Asked], Got], of: Iterable[Asked]) -> list[Got]:
    """Call a function for each: hashlib lets other threads run meanwhile."""
    # Imported late: whoever only reads that there are seals asks for none.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return list(pool.map(act, of))


def good(seals: Mapping[str, str]) -> bool:
    """Tell whether these are seals, and few enough to be checked."""
    return len(seals) <= MOST and all(map(_SEAL.fullmatch, seals.values()))
