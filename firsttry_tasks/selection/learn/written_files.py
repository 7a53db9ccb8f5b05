"""Connects tests that read a file with the tests that wrote it in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest
    from firsttry_tasks.selection.evidence.scope_list import Scopes


def connect(
    tests: Sequence[RecordedTest],
    observations: Sequence[tuple[str, str]],
    scopes: Scopes,
    more: Mapping[str, set[int]],
) -> None:
    """Let a test that reads a file rest on everything that the writing tests rest on.

    What a test wrote can come from anything that it ran or looked at. ``more`` maps node ids to
    the scopes that are added to the tests.
    """
    # Observations are the same number for every test, so readers are found by number too.
    known: dict[tuple[str, str], int] = {
        observation: n for n, observation in enumerate(observations)
    }
    holding: dict[int, list[RecordedTest]] = {}
    for test in tests:
        for number in test.observations:
            holding.setdefault(number, []).append(test)
    for number, (kind, path) in enumerate(observations):
        writers = holding.get(number, []) if kind == "write" else []
        # A test that only asks whether the file exists depends on the writer as well.
        reading = [known[how, path] for how in ("read", "probed") if (how, path) in known]
        if not writers or not reading:
            continue
        units = {unit for test in writers for unit in test.ran()}
        seen = {observation for test in writers for observation in test.observations}
        used = {scope for test in writers for scope in test.scopes}
        scope = scopes.add("file", path, units, seen, used)
        for test in (test for other in reading for test in holding.get(other, ())):
            more[test.nodeid].add(scope)
