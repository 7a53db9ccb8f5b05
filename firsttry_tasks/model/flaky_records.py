"""The types of the flaky memory: what was seen of a test, and what is kept of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

#: The state of a listed test; docs/flaky.md has the table of what each means.
State = Literal["suspect", "flaky", "order-dependent", "probation", "broken", "expired"]

#: How a sighting came about: two reports, reruns, a retry of a known test, or a plain run.
How = Literal["table", "rerun", "order", "environment", "retry", "run"]


class Seen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sighting: how often a test ran on a tree, and how often it failed.

    ``id`` names the run, so that the same sighting counts once; ``at`` is its time, in UTC, ISO
    8601. ``before`` is the test that has to run before it to make it fail, where that is known.
    """

    id: str
    at: str
    tree: str
    runs: int
    failures: int
    how: How
    before: str = ""


#: How often a test ran. The end keeps sums and rates of what a file says within a float.
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class FlakyTest(Struct, frozen=True, kw_only=True):
    """What is known of one test; ``state`` and ``expires`` are as of the last write.

    ``runs`` and ``failures`` count everything ever seen. ``sightings`` keeps the newest ones with
    a failure; ``passes`` maps a day to the runs that passed, for days after the last failure.
    ``before`` is the test that has to run before this one to change its outcome.
    """

    state: State = "flaky"
    first: str = ""
    last: str = ""
    runs: Count = 0
    failures: Count = 0
    kind: str = ""
    before: str = ""
    owner: str = ""
    expires: str = ""
    passes: dict[str, Count] = {}
    sightings: tuple[Seen, ...] = ()


class Gone(Struct, frozen=True, kw_only=True):
    """When and why a test left the list."""

    at: str
    why: str


class FlakyMemory(Struct, frozen=True, kw_only=True):
    """``ci/flaky_tests.json``: ``nodeids`` is sorted and unique, scripts read it with jq."""

    nodeids: tuple[str, ...] = ()
    tests: dict[str, FlakyTest] = {}
    gone: dict[str, Gone] = {}
