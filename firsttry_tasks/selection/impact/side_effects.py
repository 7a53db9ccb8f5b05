"""What functions may change besides what they return: variables and attributes, by name."""

from __future__ import annotations

import builtins
from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import MAGIC, Fragment
from firsttry_tasks.selection.syntax.vocabulary import CALLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.selection.impact.import_graph import Modules

_BUILTINS = frozenset(dir(builtins))
#: What functions and classes are told of themselves by whoever made them.
_LABELS = frozenset(
    {"__name__", "__qualname__", "__module__", "__doc__", "__dict__", "__annotations__",
     "__wrapped__", "__signature__", "__defaults__", "__kwdefaults__"}
)  # fmt: skip


class Writing:
    """The functions of a recorded run's modules, and what they may change."""

    def __init__(self, modules: Modules) -> None:
        """Take the functions of these modules."""
        self.modules = modules

    def of(self, path: str, fragment: Fragment) -> Iterator[tuple[str, str]]:
        """Return what a fragment may change, as far as it is the repository's: file and name."""
        for root, end in sorted(fragment.uses.writes):
            tip = end.removesuffix(CALLED)
            if not tip or tip in _LABELS or root in self.modules.foreign(path):
                continue
            if root in _BUILTINS and root not in self.modules.bound(path):
                continue  # `tuple.__getattribute__(self, name)`: nothing changes a builtin
            if tip != end and tip not in self.bodies:
                continue  # a builtin, or a method of what is built in
            if tip in self.modules.owned and tip not in (
                self.modules.handles(path) if tip == root else self.modules.short
            ):
                yield path, tip

    @cached_property
    def bodies(self) -> dict[str, list[tuple[str, Fragment]]]:
        """Functions by name; constructors and hooks of classes also by the class's name."""
        found: dict[str, list[tuple[str, Fragment]]] = {}
        for path, fragments in self.modules.sources.items():
            for fragment in fragments:
                if fragment.is_function_body:
                    *above, last = fragment.qualname.split(".")
                    if MAGIC.fullmatch(last) and above:
                        last = above[-1]
                    found.setdefault(last, []).append((path, fragment))
        return found
