"""Reads the names of tox's environments: lists of them, and lines for some of them alone."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

#: A line for some environments alone: `django52: Django>=5.2`.
CONDITION = re.compile(r"(?P<factors>!?[\w.{][\w.!,{}-]*):(?:[ \t]+(?P<rest>.*)|$)")
#: A list in a name: py{312,313}, py{310-315}.
LIST = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d+)-(\d+)")


def expanded(text: str) -> list[str]:
    """Return the names that a list of tox's stands for."""
    parts = re.findall(r"(?:\{[^{}]*\}|[^\s,{}])+", re.sub(r"#.*", "", text))
    return [name for part in parts for name in _alternatives(part)]


def _alternatives(text: str) -> list[str]:
    pieces = LIST.split(text)
    choices = [_listed(it) if at % 2 else [it] for at, it in enumerate(pieces)]
    return ["".join(it) for it in itertools.product(*choices)]


def _listed(text: str) -> Iterator[str]:
    for it in text.split(","):
        span = RANGE.fullmatch(it.strip())
        if span:
            yield from map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            yield it.strip()


def holds(condition: str, factors: AbstractSet[str]) -> bool:
    """Tell whether one of the alternatives has factors that all are, or are not, there."""
    return any(
        all((it.lstrip("!") in factors) != it.startswith("!") for it in one.split("-"))
        for part in re.findall(r"(?:\{[^{}]*\}|[^\s,{}])+", condition)
        for one in _alternatives(part)
    )


def of_ci(listed: str, ci: str) -> frozenset[str]:
    """Return what may be an environment that CI runs: the listed ones, and each word of its text.

    Nothing where none is listed and the text does not name tox: then nobody can tell.
    """
    words = set(re.findall(r"[\w.-]+", ci))
    return frozenset((*expanded(listed), *words)) if listed or "tox" in words else frozenset()


def runs(section: str, names: AbstractSet[str]) -> bool:
    """Tell whether a section of tox's file is of an environment that ``names`` has."""
    own = section.removeprefix("testenv:")
    return not names or own == section or any(it in names for it in expanded(own))


def any_holds(condition: str, names: AbstractSet[str]) -> bool:
    """Tell whether a line with such a condition is for one of these environments."""
    return not names or any(holds(condition, set(it.split("-"))) for it in names)
