"""The plan of a run that is divided into shards: a file, the same for all of them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks import fingerprint
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import Stage
from firsttry_tasks.selection.shards import balance
from firsttry_tasks.selection.shards.units import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.shards.times import Expected
    from firsttry_tasks.selection.shards.units import PlannedTest

#: How a shard is asked for: its number, from 1, and how many there are.
_ASKED = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")
#: The most shards that a plan can have.
MOST = 1000


class Ground(Struct, frozen=True, kw_only=True):
    """What a plan stands on: a stage, a commit, a tree, and the named parts of an environment."""

    stage: Stage
    head: str
    tree: str
    parts: dict[str, str]


class Shard(Struct, frozen=True, kw_only=True):
    """The tests of one shard, by their places in the plan, and the seconds they should take."""

    tests: tuple[int, ...]
    seconds: float


class Plan(Struct, frozen=True, kw_only=True):
    """A run that is divided into shards.

    ``tests`` are the node ids of all tests in the order in which they were collected; ``basis``
    says how it is known what they take; ``selected`` is a digest of what warm selected, "" of full.
    What only one machine knows is not in it, so that every
    machine makes the same plan.
    """

    version: int = 1
    ground: Ground
    basis: str
    tests: tuple[str, ...]
    shards: tuple[Shard, ...]
    selected: str = ""

    @property
    def digest(self) -> str:
        """Return the plan's name: the digest of all of it."""
        return _digest(msgspec.json.encode(self, order="deterministic"))

    def share(self, number: int) -> tuple[str, ...]:
        """Return the node ids of a shard, which is named by its number from 1."""
        return tuple(self.tests[place] for place in self.shards[number - 1].tests)

    @property
    def seconds(self) -> float:
        """Return what the tests of all shards should take together."""
        return sum(shard.seconds for shard in self.shards)


class PlannedShard(Struct, frozen=True, kw_only=True):
    """A shard as it is asked for (``2/3``), how many tests it has, and what they should take."""

    shard: str
    tests: int
    seconds: float


class Planned(Struct, frozen=True, kw_only=True):
    """A plan in the form in which programs read it: its shards as they are asked for."""

    plan: str
    stage: str
    file: str
    basis: str
    tests: int
    seconds: float
    shards: tuple[PlannedShard, ...]


class Wanted(Struct, frozen=True, kw_only=True):
    """How many shards are wanted, how long one may take, or how many workers there will be.

    None of them: as many as are worth their starts.
    """

    shards: int | None = None
    seconds: float | None = None
    workers: int | None = None


class _File(Struct, frozen=True):
    digest: str
    plan: msgspec.Raw


def make_plan(
    ground: Ground,
    tests: Sequence[PlannedTest],
    expected: Expected,
    start: float,
    wanted: Wanted,
) -> Plan:
    """Divide the tests into shards; FirstTryError where there is no test.

    ``start`` is what a shard takes before its first test, in seconds.
    """
    if not tests:
        raise FirstTryError("There is no test to plan: pytest collected none. Run: pytest --co")
    number = _number(tests, expected.seconds, start, wanted)
    place = {it.nodeid: at for at, it in enumerate(tests)}
    shards = (
        Shard(
            tests=tuple(sorted(place[it] for unit in units for it in unit.tests)),
            seconds=round(balance.length(units), 3),
        )
        for units in balance.balanced(tests, expected.seconds, number)
    )
    return Plan(
        ground=ground,
        basis=expected.basis,
        tests=tuple(place),
        shards=tuple(shards),
    )


def _number(
    tests: Sequence[PlannedTest], seconds: Mapping[str, float], start: float, wanted: Wanted
) -> int:
    if wanted.shards is not None:
        return wanted.shards
    work = sum(seconds[it.nodeid] for it in tests)
    most = min(MOST, len(joined([(it,) for it in tests], lambda it: it.bound)))
    if wanted.workers is not None:
        return balance.spread(work, start, wanted.workers, most)
    if wanted.seconds is None:
        return balance.worth(work, start, most)
    if wanted.seconds <= start:
        raise UsageError(
            f"A shard takes {start:.3g} s before its first test; give it more than"
            f" --seconds {wanted.seconds:g}."
        )
    return balance.within(work, start, wanted.seconds, most)


def choice(chosen: Selection) -> str:
    """Return a digest of what is selected, by which two machines see that they select the same."""
    known = (sorted(chosen.why), sorted(chosen.files), bool(chosen.everything))
    return _digest(msgspec.json.encode(known))


def encode(plan: Plan) -> bytes:
    """Return the bytes of a plan's file; equal plans give equal bytes."""
    data = msgspec.json.encode(plan, order="deterministic")
    return msgspec.json.encode(_File(_digest(data), msgspec.Raw(data))) + b"\n"


def decode(data: bytes) -> Plan:
    """Return the plan in a file; FirstTryError where it is none, or is not as it was written."""
    try:
        file = decoding.json(data, _File)
        plan = decoding.json(bytes(file.plan), Plan)
    except decoding.UndecodableError as error:
        raise FirstTryError(f"The plan can't be read: {error}. Make it again: ft plan") from error
    if file.digest != _digest(bytes(file.plan)) or file.digest != plan.digest:
        raise FirstTryError("The plan is not as it was written. Make it again: ft plan")
    return plan


def asked(text: str) -> tuple[int, int]:
    """Return the number of the shard that is asked for, from 1, and how many there are."""
    found = _ASKED.fullmatch(text)
    number, of = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= of <= MOST:
        raise UsageError(f"A shard is asked for as 2/3, the second of three, and not as {text!r}.")
    return number, of


def differences(planned: Ground, now: Ground) -> Iterator[str]:
    """Yield in a few words what is not as it was planned."""
    if planned.stage != now.stage:
        yield f"the plan is one of {planned.stage}"
    if planned.head != now.head:
        yield f"the plan is of commit {_short(planned.head)}, and this is {_short(now.head)}"
    elif planned.tree != now.tree:
        yield f"files differ from those of the plan, at the same commit {_short(now.head)}"
    yield from fingerprint.changes(planned.parts, now.parts)


def _short(commit: str) -> str:
    return commit[:12] or "none"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
