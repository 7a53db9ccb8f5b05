"""What a scope comes to, judged against what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask

if TYPE_CHECKING:
    from collections.abc import Sequence


class ScopeSummary(Struct, frozen=True, kw_only=True):
    """What a scope and all scopes used in it come to."""

    #: Why it counts as changed by itself, None if it doesn't.
    why: str | None
    #: The modules and changed classes that its code depends on.
    depends_on: OriginMask
    #: Where the changed names come from that its code refers to.
    origins: OriginMask
    #: Why one of those names changed, "" if there is none.
    asks: str
    #: Code ran that stands in no Python file, such as a doctest in a text.
    text: bool


def together(parts: Sequence[ScopeSummary]) -> ScopeSummary:
    """Return what these come to as one; of reasons the first."""
    if len(parts) == 1:
        return parts[0]
    depends_on, origins = NO_ORIGINS, NO_ORIGINS
    for it in parts:
        depends_on |= it.depends_on
        origins |= it.origins
    return ScopeSummary(
        why=next((it.why for it in parts if it.why is not None), None),
        depends_on=depends_on,
        origins=origins,
        asks=next((it.asks for it in parts if it.asks), ""),
        text=any(it.text for it in parts),
    )
