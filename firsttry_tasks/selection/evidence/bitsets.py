"""Sets of tests as the bits of one integer, and sets of small numbers as bytes."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import TestMask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def masks(seen: Sequence[Iterable[int]]) -> dict[int, TestMask]:
    """Return for each number the tests that have it; ``seen`` holds the numbers of each test."""
    width = len(seen) // 8 + 1
    # Bytes are set in place: `mask |= 1 << place` would copy the whole integer for each test.
    found: dict[int, bytearray] = {}
    for place, numbers in enumerate(seen):
        for number in numbers:
            found.setdefault(number, bytearray(width))[place >> 3] |= 1 << (place & 7)
    return {number: TestMask.from_bytes(mask, "little") for number, mask in found.items()}


def bits(mask: TestMask) -> Iterator[int]:
    """Yield the places of the tests in a mask, in ascending order."""
    rest = int(mask)
    while rest:
        # In two's complement `-x` keeps the lowest set bit of `x` and flips all above it, so this
        # goes from set bit to set bit and skips the tests between.
        low = rest & -rest
        yield low.bit_length() - 1
        rest ^= low


def packed(numbers: Iterable[int]) -> bytes:
    """Return numbers in ascending order as the bytes that `RecordedTest.ran` reads."""
    # One bytes object in place of a tuple of integers: the database holds one for each test, and
    # every test is loaded when a run starts.
    return array("I", sorted(numbers)).tobytes()


def as_bits(numbers: Iterable[int]) -> int:
    """Return numbers as the bits of one integer: sets of many are joined in no time."""
    found = bytearray()
    for number in numbers:
        place = number >> 3
        if place >= len(found):
            found.extend(bytes(place + 1 - len(found)))
        found[place] |= 1 << (number & 7)
    return int.from_bytes(found, "little")
