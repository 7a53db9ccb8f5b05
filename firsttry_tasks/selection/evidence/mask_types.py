"""Types of bit masks, so that mypy tells masks of tests, of modules and of origins apart.

A change touches thousands of tests and modules, and one ``|`` or ``&`` of two integers joins or
compares whole sets of them. But an integer doesn't say what its bits stand for.
"""

# The operators mean what those of int mean; a docstring for each would say so eleven times.
# ruff: noqa: D102, D105, D107

from __future__ import annotations

from typing import TYPE_CHECKING, Final, overload

if TYPE_CHECKING:
    # Only mypy sees these classes. They don't inherit from int, because int's operators accept
    # any other integer, which is the mistake that they exist to find.

    class OriginMask:
        """Where a changed name comes from: a bit for each module and each changed class.

        Two reserved bits above those belong to changed docstrings (see `ChangedDocstrings`).
        """

        def __init__(self, bits: int, /) -> None: ...
        def __bool__(self) -> bool: ...
        def __invert__(self) -> OriginMask: ...
        def __or__(self, other: OriginMask, /) -> OriginMask: ...
        def __and__(self, other: OriginMask, /) -> OriginMask: ...
        def __lshift__(self, places: int, /) -> OriginMask: ...

    class ModuleMask(OriginMask):
        """Modules of the repository; every module is a possible origin, so this is a subtype."""

        @overload
        def __or__(self, other: ModuleMask, /) -> ModuleMask: ...
        @overload
        def __or__(self, other: OriginMask, /) -> OriginMask: ...
        def __or__(self, other: OriginMask, /) -> OriginMask: ...

    class TestMask:
        """Tests of a recorded run, by their place among its tests."""

        @classmethod
        def from_bytes(cls, content: bytes | bytearray, order: str, /) -> TestMask: ...
        def __init__(self, bits: int, /) -> None: ...
        def __bool__(self) -> bool: ...
        def __index__(self) -> int: ...
        def __invert__(self) -> TestMask: ...
        def __or__(self, other: TestMask, /) -> TestMask: ...
        def __and__(self, other: TestMask, /) -> TestMask: ...
        def bit_count(self) -> int: ...

else:
    # A subclass of int would make each operator several times slower, and deciding consists of
    # little else. So while the program runs all masks are plain integers.
    OriginMask = ModuleMask = TestMask = int

NO_ORIGINS: Final = OriginMask(0)
NO_MODULES: Final = ModuleMask(0)
NO_TESTS: Final = TestMask(0)
