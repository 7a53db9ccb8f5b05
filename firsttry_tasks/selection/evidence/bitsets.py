"""Sets of numbers, as masks and as bytes."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def masks(seen: Sequence[Iterable[int]]) -> dict[int, int]:
    """Return for each number a mask of the places where it was seen."""
    width = len(seen) // 8 + 1
    found: dict[int, bytearray] = {}
    for place, numbers in enumerate(seen):
        for number in numbers:
            found.setdefault(number, bytearray(width))[place >> 3] |= 1 << (place & 7)
    return {number: int.from_bytes(mask, "little") for number, mask in found.items()}


def bits(mask: int) -> Iterator[int]:
    """Return the places of a mask, the first one first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def packed(numbers: Iterable[int]) -> bytes:
    """Return numbers as the bytes that ``RecordedTest.ran`` reads."""
    return array("I", sorted(numbers)).tobytes()
