"""A small recorded world: files as text, tests by what they ran, and the same files later."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.dependency_db import fragments
from firsttry_tasks.model.recording import Observation, ObservationKind
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.decide.validity import Validity
from firsttry_tasks.selection.evidence.recorded_run import (
    CurrentTree,
    RecordedRun,
    RecordedTest,
    Scope,
)
from firsttry_tasks.selection.syntax.parse import take_apart
from firsttry_tasks.selection.syntax.string_names import spelled

if TYPE_CHECKING:
    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.syntax.fragment import Fragment


Tests = Mapping[str, tuple[str | Observation, ...]]

#: What a dependency db knows of every version of a file.
TAKEN_APART: dict[tuple[str, str], tuple[Fragment, ...]] = {}


class World:
    """Records as a run of these files leaves them.

    ``tests`` maps a test (``test_a.py::test_x``) to what it ran besides itself, each as
    ``module.py:qualified.name``, and to the observations it saw.
    """

    def __init__(self, files: Mapping[str, str], tests: Tests) -> None:
        """Take the files apart, and write the recorded run down."""
        self.files = dict(files)
        self.fragments = {
            path: take_apart(text.encode()) for path, text in files.items() if path.endswith(".py")
        }
        for path, found in self.fragments.items():
            TAKEN_APART[path, str(hash(files[path]))] = found
        self.units: dict[tuple[str, int], int] = {}
        self.observations: dict[tuple[ObservationKind, str], int] = {}
        self.recorded = self._recorded(tests)

    def _recorded(self, tests: Tests) -> RecordedRun:
        homes = list(dict.fromkeys(nodeid.partition("::")[0] for nodeid in tests))
        known = tuple(self._test(nodeid, seen, homes) for nodeid, seen in tests.items())
        collected: dict[str, list[str]] = {}
        for nodeid in tests:
            path = nodeid.partition("::")[0]
            collected.setdefault(path, []).append(nodeid.removeprefix(path))
        scopes = (Scope("start", "", (), (), (), ()), *(_collect(home) for home in homes))
        imports = tuple(Scope("import", path, (), (), (), ()) for path in self.fragments)
        return RecordedRun(
            manifest={path: str(hash(text)) for path, text in self.files.items()},
            parts={},
            variables={},
            outside={},
            modules={_dotted(path): path for path in self.fragments},
            patterns=("test_*.py",),
            testpaths=(),
            roots=("",),
            units=tuple(self.units),
            observations=tuple(self.observations),
            scopes=(*scopes, *imports),
            tests=known,
            collected={path: tuple(rests) for path, rests in collected.items()},
            deselected_by_project=frozenset(),
        )

    def _test(
        self, nodeid: str, seen: tuple[str | Observation, ...], homes: list[str]
    ) -> RecordedTest:
        path, _, rest = nodeid.partition("[")[0].partition("::")
        code = path.endswith(".py")
        own = [f"{path}:{rest.replace('::', '.')}"] if code else []
        ran = [*own, *(it for it in seen if isinstance(it, str))]
        return RecordedTest(
            nodeid=nodeid,
            path=path,
            outcome="passed",
            seconds=0.1,
            units=array("I", sorted(self._unit(it) for it in ran)).tobytes(),
            observations=tuple(
                self.observations.setdefault((it.kind, it.name), len(self.observations))
                for it in seen
                if isinstance(it, Observation)
            ),
            scopes=(1 + homes.index(path),),
            names=(),
            function=code,
        )

    def lend(self, path: str) -> None:
        """Let a library have imported a module."""
        observations = (*self.recorded.observations, ("imported-by-library", path))
        start, *rest = self.recorded.scopes
        start = msgspec.structs.replace(start, observations=(len(observations) - 1,))
        self.recorded = msgspec.structs.replace(
            self.recorded, observations=observations, scopes=(start, *rest)
        )

    def _unit(self, spelled: str) -> int:
        path, _, key = spelled.partition(":")
        [fragment] = [
            n
            for n, it in enumerate(self.fragments[path])
            if it.is_function_body and it.qualname == key
        ]
        return self.units.setdefault((path, fragment), len(self.units))

    def chosen(self, **changed: str | None) -> Selection:
        """Return what is chosen after a change: ``module_py`` stands for ``module.py``."""
        return self.later(self._changed(changed))

    def held(self, **changed: str | None) -> Validity:
        """Return the recorded run held against a change, spelled the same way."""
        return Validity(self.recorded, self.now(self._changed(changed)))

    def _changed(self, changed: Mapping[str, str | None]) -> dict[str, str]:
        later = dict(self.files)
        for name, text in changed.items():
            path = name.replace("_py", ".py").replace("_txt", ".txt").replace("_md", ".md")
            if text is None:
                del later[path]
            else:
                later[path] = text
        return later

    def later(self, files: Mapping[str, str]) -> Selection:
        """Return what is chosen for these files."""
        return choose((self.recorded,), self.now(files))

    def without(self, one: Refinement, **changed: str | None) -> Selection:
        """Return what is chosen after a change with a refinement switched off."""
        now = self.now(self._changed(changed))
        return choose((self.recorded,), msgspec.structs.replace(now, without=frozenset({one})))

    def now(self, files: Mapping[str, str]) -> CurrentTree:
        """Return the files as the tree they are."""
        return CurrentTree(
            manifest={path: str(hash(text)) for path, text in files.items()},
            parts={},
            variable=lambda _: "",
            outside=lambda _: "",
            fragments=lambda path: fragments(files[path].encode()),
            before=lambda path, blob: TAKEN_APART[path, blob],
            spelled=lambda path: spelled(files[path].encode()),
        )


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _collect(home: str) -> Scope:
    return Scope("collect", home, (), (), (), ())
