"""Finds test files that have to be collected again, and modules that one test has to import."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from firsttry_tasks.selection.decide.validity import Validity
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.impact.code_changes import CodeChanges


class TestFiles:
    """The test files of one recorded run, held against the current tree."""

    def __init__(self, judged: Validity) -> None:
        """Take a recorded run together with what changed since."""
        self._judged = judged
        self._recorded = judged.recorded
        self._now = judged.now
        self._effects = judged.effects

    def files(self, known: Iterable[str]) -> dict[str, str]:
        """Return the files that may hold new tests, each with the reason.

        Files in ``known`` are left out: a newer run has answered for them.
        """
        recorded, code = self._recorded, self._effects.code
        homes = (recorded.homes() - set(known)) & self._now.manifest.keys()
        doctests = any(not it.function and it.path.endswith(".py") for it in recorded.tests)
        found: dict[str, str] = {}
        for path in sorted(homes & self._effects.changes.paths):
            # Without a diff the file no longer parses, or isn't Python: anything may be in it. If
            # only statements went away or only bodies changed, no test can have come. An added
            # docstring is a test only where the project runs doctests.
            delta = code.deltas.get(path) if code is not None else None
            if delta is None or any(not it.is_doc or doctests for it in delta.added):
                found[path] = f"{path} changed"
        for number, scope in enumerate(recorded.scopes):
            # Collecting runs code too, such as hooks and functions that make parameters.
            if scope.kind == "collect" and scope.name in homes:
                why = self._judged.by_scope(number)
                if why is not None:
                    found.setdefault(scope.name, why)
        if code is not None:
            for path, why in self._affected(code, homes):
                found.setdefault(path, why)
        return found

    def _affected(self, code: CodeChanges, homes: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield test files whose own names changed, or whose classes may have inherited a test."""
        spread = code.spread
        # A test added to a base class adds one to each subclass, in files that didn't change.
        heirs = [
            path
            for path, delta in code.deltas.items()
            if any(fragment.qualname and _has_test(fragment.binds) for fragment in delta.added)
        ]
        for home in homes:
            if home in spread.effects or home in code.names.bare:
                yield home, spread.effects.get(home, f"{home} uses names that changed")
            for path in heirs:
                if code.modules.bit[path] & code.modules.closure.get(home, NO_MODULES):
                    yield home, f"{path} has a test more in a class"

    def new_files(self, homes: Iterable[str]) -> dict[str, str]:
        """Return new test files that no recorded run has collected."""
        new = (self._effects.changes.paths & self._now.manifest.keys()) - set(homes)
        return {path: "new test file" for path in sorted(new) if self._is_test_file(path)}

    def _is_test_file(self, path: str) -> bool:
        """Tell whether pytest would collect a file, by the recorded ``testpaths`` and patterns."""
        # The options are those that pytest itself reported: reading them from the configuration
        # again would have to repeat its rules, plugins included.
        name = path.rpartition("/")[2]
        inside = not self._recorded.testpaths or any(
            path.startswith(f"{folder.rstrip('/')}/") or path == folder
            for folder in self._recorded.testpaths
        )
        return inside and any(fnmatch(name, glob) for glob in self._recorded.patterns)

    def sentinels(
        self, tests: Mapping[str, str], valid: Iterable[str], recorded_runs: Iterable[RecordedRun]
    ) -> dict[str, str]:
        """Return one test for each module whose import may fail now, with the reason.

        Values changed at import may select no test, and yet the import may raise. The quickest
        test that imports the module finds out; all the others would only find the same.
        """
        code = self._effects.code
        if code is None:
            return {}
        held = tuple(recorded_runs)
        risky = {p: why for p, why in code.spread.unsafe.items() if not self._proved(p, held)}
        if not risky:
            return {}
        known = set(valid)
        masks = {test.nodeid: code.modules.mask((test.path,)) for test in self._recorded.tests}
        chosen: dict[str, str] = {}
        for path, why in sorted(risky.items()):
            bit = code.modules.bit.get(path, NO_MODULES)
            # A test that runs anyway, or was chosen for another module, may import this one too.
            if any(masks.get(nodeid, NO_MODULES) & bit for nodeid in (*tests, *chosen)):
                continue
            able = [t for t in self._recorded.tests if masks[t.nodeid] & bit and t.nodeid in known]
            if able:
                # The node id breaks ties, so that equal times give the same choice everywhere.
                quickest = min(able, key=lambda test: (test.seconds, test.nodeid))
                chosen[quickest.nodeid] = f"it imports {path}, which may raise now, since {why}"
        return chosen

    def _proved(self, path: str, recorded_runs: Iterable[RecordedRun]) -> bool:
        """Tell whether a recorded run has imported the module as it is now."""
        blob = self._now.manifest.get(path)
        return any(
            one.manifest.get(path) == blob and path in one.modules.values() for one in recorded_runs
        )


def _has_test(names: Iterable[str]) -> bool:
    # Pytest's default prefix, which is unittest's too. A project with other names for methods
    # (`python_functions`) is not covered here.
    return any(name.startswith("test") for name in names)
