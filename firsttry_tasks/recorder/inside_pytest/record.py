"""Builds the record of one process when its tests are over."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest

from firsttry_tasks.model.recording import Record, ScopeRecord, TestRecord
from firsttry_tasks.recorder.inside_pytest.process_recorder import ProcessRecorder, module_file
from firsttry_tasks.recorder.inside_pytest.reports import known_as
from firsttry_tasks.recorder.leftovers.things.content import letters
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope


class FinishedTest(NamedTuple):
    """A test that ran: what its scope gathered, how it ended, and the seconds of its phases."""

    item: pytest.Item
    scope: OpenScope
    outcome: str
    seconds: float
    #: Whether it was skipped by what it was seen to do.
    explained: bool


def build(
    recorder: ProcessRecorder,
    tests: Iterable[FinishedTest],
    collected: Iterable[pytest.Item],
    config: pytest.Config,
    key: bytes,
) -> Record:
    """Return all that the process learned; ``collected`` are the tests that pytest found.

    ``key`` is that of digests and letters.
    """
    attribution = recorder.attribution
    # Tests first: they may make scopes of collectors, which are listed afterwards.
    finished = tuple(_test(attribution, test) for test in tests)
    return Record(
        scopes=tuple(map(_scope, attribution.scopes.values())),
        units=tuple(attribution.units),
        observations=attribution.listed_observations(),
        tests=finished,
        modules=_modules(attribution),
        environment=_environment(attribution, key),
        patterns=tuple(map(str, config.getini("python_files"))),
        testpaths=tuple(map(str, config.getini("testpaths"))),
        roots=_roots(attribution),
        began=recorder.began,
        collected=tuple(map(known_as, collected)),
        loads=tuple(sorted(pair for pair in attribution.loads if pair[0] >= 0)),
        followed=recorder.library.there,
        key=letters(None, key),
        unread=recorder.annotations.end(),
        alike=tuple(sorted(tuple(sorted(it)) for it in recorder.state.alike.all)),
        searched=tuple(sorted(_searched(attribution))),
    )


def _test(attribution: Attribution, test: FinishedTest) -> TestRecord:
    item, scope = test.item, test.scope
    # What its file, class and package did to be collected, the test rests on, too.
    above = {attribution.scope("collect", node.nodeid).number for node in item.listchain()[:-1]}
    return TestRecord(
        nodeid=known_as(item),
        path=attribution.place(str(item.path)) or "",
        outcome=test.outcome,
        seconds=round(test.seconds, 6),
        units=tuple(sorted(scope.units - {-1})),
        observations=tuple(sorted(scope.observations)),
        scopes=tuple(sorted(scope.used | above)),
        names=tuple(sorted(getattr(item, "fixturenames", ()))),
        function=isinstance(item, pytest.Function),
        kind="" if isinstance(item, pytest.Function) else type(item).__module__,
        explained=test.explained,
    )


# In units and lines, -1 stands for code that is not the repository's.
def _scope(scope: OpenScope) -> ScopeRecord:
    return ScopeRecord(
        kind=scope.kind,
        name=" ".join(sorted(scope.loaded)) or scope.name,
        units=tuple(sorted(scope.units - {-1})),
        observations=tuple(sorted(scope.observations)),
        used=tuple(sorted(scope.used)),
        lines=tuple(sorted(line for line in scope.lines if line[1] >= 0)),
        reach=scope.reach,
        asked=tuple(sorted(scope.asked)),
    )


def _environment(attribution: Attribution, key: bytes) -> dict[str, str]:
    """Return the digests of the variables that were read, as they were before the tests."""
    return {
        name: variable(name, attribution.environment, attribution.root, key)
        for kind, name in attribution.observations
        if kind == "env"
    }


def _roots(attribution: Attribution) -> tuple[str, ...]:
    """Return the folders of the repository that modules are imported from."""
    return tuple(sorted(set(_folders(attribution, sys.path))))


def _folders(attribution: Attribution, entries: Iterable[object]) -> Iterator[str]:
    """Yield those of the folders that lie in the repository, "" for its root."""
    for entry in entries:
        # `place` takes files below the root, and the root may be such a folder: so a file in each.
        inside = os.path.join(entry, "x") if isinstance(entry, str) and entry else None  # noqa: PTH118
        place = None if inside is None else attribution.place(inside)
        if place is not None:
            yield place.rpartition("/")[0]


def _searched(attribution: Attribution) -> Iterator[tuple[str, str]]:
    """Yield each package with a folder in which it looks for modules besides its own."""
    # Copied, because a thread may import meanwhile.
    for name, module in list(sys.modules.items()):
        # What stands there need not be a module, and may make up whatever it is asked for.
        kept = getattr(module, "__dict__", None)
        if type(kept) is not dict or "__path__" not in kept:
            continue
        file = module_file(module)
        own = attribution.place(file) if file else None
        for folder in _folders(attribution, _listed(kept["__path__"])):
            if own is None or folder != own.rpartition("/")[0]:
                yield name, folder


def _listed(found: Any) -> list[object]:
    """Return what a package has as its folders, which works itself out for a namespace."""
    try:
        return [*found]
    except Exception:  # noqa: BLE001  it is of anybody's making
        return []


def _modules(attribution: Attribution) -> dict[str, str]:
    """Return the path of each module of the repository by its dotted name."""
    found = {}
    # Copied, because a thread may import meanwhile.
    for name, module in list(sys.modules.items()):
        path = module_file(module)
        place = None if path is None else attribution.place(path)
        if place is not None:
            found[name] = place
    return found
