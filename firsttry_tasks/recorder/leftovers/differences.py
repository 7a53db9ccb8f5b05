"""Names what became another one in a thing, with letters for the content wherever that is clear.

``name=letters``: it holds that now. ``name=+letters``: it holds that besides what it held.
``name=~letters``: it is larger by that number, whatever it was before. A name alone: it changed,
and nothing tells all that is in it, or it is measured, and another number each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import ADDED, HOLDS, SHIFTED
from firsttry_tasks.recorder.leftovers.roots import entries, tokens
from firsttry_tasks.recorder.leftovers.things.content import letters
from firsttry_tasks.recorder.leftovers.things.shown import told
from firsttry_tasks.recorder.leftovers.things.tables import Table
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.recorder.leftovers.roots import Root
    from firsttry_tasks.recorder.leftovers.things.holders import Holder

#: Entries that one test is seen to add; more are told together.
_MANY = 16
#: Stands for the content of what is gone.
_GONE = "-"


class Alike:
    """Knows which names tell of one and the same change of a thing, in modules that all have it."""

    def __init__(self) -> None:
        """Begin with a look in which nothing was found yet."""
        self._now: dict[tuple[int, str], set[str]] = {}
        self.all: set[frozenset[str]] = set()

    def told(self, root: Root, at: int, name: str) -> str:
        """Return the whole name of what a look found in the thing at a place."""
        one, whole = root.holders[at], f"{root.path}:{name}"
        if one.value is not None:
            key = identity(one.value), name.removeprefix(one.name)
            self._now.setdefault(key, set()).add(whole)
        return whole

    def over(self) -> None:
        """End the look: until the next one, another thing may come to the place of one."""
        self.all.update(frozenset(it) for it in self._now.values() if len(it) > 1)
        self._now.clear()


def differences(root: Root, at: int, key: bytes) -> Iterator[str]:
    """Yield what became another one in the thing at a place, since the root was scanned."""
    # The holders are those of the last look: what they lead to now is searched afterwards.
    one = root.holders[at]
    if one.named is not None:
        yield from _names(one, root.named[at], key)
    else:
        yield from _content(one, root.entries.get(at), key)


def _names(one: Holder, before: Mapping[str, object], key: bytes) -> Iterator[str]:
    after = one.named() if one.named is not None else {}
    for name in before.keys() | after.keys():
        place = f"{one.name}.{name}".strip(".")
        if name not in after:
            yield f"{place}{HOLDS}{_GONE}"
        elif name not in before or before[name] != told(after[name]):
            held = before.get(name), told(after[name])
            yield _counted(place, *held, key) or _holding(place, letters(after[name], key))


def _counted(place: str, before: object, after: object, key: bytes) -> str:
    """Return by how much a number became another one, as what was ``told`` of both; "" for others.

    How far something was counted depends on who ran before. A truth value is no number.
    """
    if type(before) is not tuple or type(after) is not tuple or before[0] is not after[0]:
        return ""
    if after[0] is int:
        return f"{place}{SHIFTED}{letters(after[1] - before[1], key)}"
    return place if after[0] is float else ""


def _content(one: Holder, before: dict[int, int] | None, key: bytes) -> Iterator[str]:
    added = _added(one, before, key)
    yield from (f"{one.name}{ADDED}{it}" for it in added)
    if not added:
        # Of a function the letters tell its name alone, and how much a cache holds in the end
        # depends on all tests that ran.
        found = letters(one.value, key) if isinstance(one.table, Table) else ""
        yield _holding(one.name, found)


def _added(one: Holder, before: dict[int, int] | None, key: bytes) -> list[str]:
    """Return letters for the entries that came; none where others changed, or one is unclear."""
    if one.table is None or before is None or not 0 < one.table.size() - len(before) <= _MANY:
        return []
    now = one.table.entries()
    if sum(before.get(it.token) == identity(it.value) for it in now) < len(before):
        return []
    # What stays stands where it stood, so all that is new in a list comes behind it.
    found = [letters(it.whole, key) for it in now if it.token not in before]
    return found if all(found) else []


def _holding(name: str, found: str) -> str:
    return f"{name}{HOLDS}{found}" if found else name


def again(root: Root, key: bytes, alike: Alike) -> Iterator[str]:
    """Return what changed of what changed before, and take it in."""
    for at in root.busy if root.signs else ():
        try:
            now = root.holders[at].sign()
        except RuntimeError:
            continue  # another thread changes it; the next look tells
        if now != root.signs[at]:
            yield from (alike.told(root, at, it) for it in differences(root, at, key))
            root.signs[at] = now
            held = entries(root.holders[at])
            if held is not None:
                root.entries[at] = held
            named = root.holders[at].named
            if named is not None:
                root.named[at] = tokens(named())
