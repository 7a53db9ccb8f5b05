"""Play a row in this process: its tree, what was recorded of it, its change, and the choice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn
from unittest import mock

import msgspec

from tests.soundness.case import Case, again
from tests.soundness.harness import Outcome, Result, build, judge, learned, missed
from tests.soundness.inside import Row
from tests.soundness.subjects import SESSION, Ran

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.model.values import Selection
    from tests.soundness.recordings import Recording, Run


class UnplayedError(Exception):
    """The row can't be played in one process; the message says why."""


class OutdatedError(Exception):
    """The recording no longer is what would be recorded today."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a row, and the trees that it went through."""

    result: Result
    trees: tuple[dict[str, str], ...]


#: Nothing runs here that would leave anything, so there is nothing to compare.
_UNCOMPARED: frozenset[Refinement] = frozenset({"content"})


def play(
    case: Case,
    recording: Recording,
    base: Path,
    without: frozenset[Refinement] = frozenset(),
) -> Played:
    """Play one row from its recording, ``without`` some refinements."""
    with mock.patch("subprocess.Popen", _no_process):
        return _Replay(case, recording, base, without).play()


def without_each(
    case: Case, recording: Recording, base: Path, ones: Iterable[Refinement]
) -> dict[Refinement | None, Outcome]:
    """Return what comes of a row: with all refinements (None), and with one switched off."""
    with mock.patch("subprocess.Popen", _no_process):
        replay = _Replay(case, recording, base, frozenset())
        found: dict[Refinement | None, Outcome] = {None: replay.play().result.outcome}
        return found | {one: replay.without(one) for one in ones}


def _no_process(*_args: object, **_words: object) -> NoReturn:
    raise UnplayedError("its steps start processes")


class _Replay:
    """One row on its way from the empty folder to the answer."""

    def __init__(
        self, case: Case, recording: Recording, base: Path, without: frozenset[Refinement]
    ) -> None:
        self._case = case
        self._recording = recording
        self._root = build(case, base, recording.importer)
        self._row = Row(self._root, self._root / case.cwd, without | _UNCOMPARED)
        self._trees: list[dict[str, str]] = []

    def play(self) -> Played:
        start = time.monotonic()
        case, truth = self._case, self._recording.truth
        answer = self._answer()
        good = learned(case, self._recording.runs[0].taken.ran)
        result = Result(
            name=case.name,
            kind=case.kind,
            want=case.want,
            subject="firsttry",
            outcome=judge(case, answer, truth) if good else "refused",
            missed=tuple(sorted(missed(answer, truth))),
            why=answer.whole,
            seconds=round(time.monotonic() - start, 2),
            lacks=self._recording.lacks,
        )
        return Played(result=result, trees=tuple(self._trees))

    def without(self, one: Refinement) -> Outcome:
        """Return what comes of the last change with a refinement switched off."""
        now = msgspec.structs.replace(self._now, without=_UNCOMPARED | {one})
        truth = self._recording.truth
        return judge(self._case, self._hold(self._row.choose(now), truth), truth)

    def _answer(self) -> Ran:
        case, later = self._case, {**self._case.env, **self._case.later_env}
        first, *between = self._recording.runs
        self._learn(first, {**case.env, **case.learn_env})
        for step in case.change:
            if step is again:
                self._again(between.pop(0), later)
            else:
                step(self._root)
        return self._hold(self._choose(later), self._recording.truth)

    def _choose(self, env: Mapping[str, str]) -> Selection:
        self._now = now = self._row.now(env)
        self._trees.append(dict(now.manifest))
        return self._row.choose(now)

    def _again(self, run: Run, env: Mapping[str, str]) -> None:
        chosen = self._choose(env)
        self._trees.pop()
        if not chosen.everything and not chosen.skip_tests.isdisjoint(run.taken.ran.ran):
            raise OutdatedError("a run between its changes would run other tests today")
        self._learn(run, env)

    def _learn(self, run: Run, env: Mapping[str, str]) -> None:
        now = self._row.now(env)
        self._trees.append(dict(now.manifest))
        for path, text in run.wrote.items():
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                (self._root / path).unlink()
            else:
                (self._root / path).write_text(text, "utf-8")
        if run.taken.records:
            self._row.learn(run.taken, now)

    def _hold(self, chosen: Selection, truth: Ran) -> Ran:
        """Return how a run of the chosen tests ends, by how each of all tests ends."""
        whole = "; ".join(chosen.everything)
        ran = frozenset(nodeid for nodeid in truth.ran if self._runs(nodeid, chosen))
        failed = frozenset(nodeid for nodeid in truth.failed if self._runs(nodeid, chosen))
        uncollected = sorted(name for name in failed - {SESSION} if "::" not in name)
        if uncollected and not whole:
            whole = f"{uncollected[0]} can't be collected"  # whatever was chosen, all is run then
            ran, failed = truth.ran, truth.failed
        status = 2 if SESSION in failed else int(bool(failed))
        return Ran(status=status, ran=ran, failed=failed, whole=whole)

    def _runs(self, nodeid: str, chosen: Selection) -> bool:
        if chosen.everything or nodeid == SESSION:
            return not chosen.empty
        nodeid = self._below_top(nodeid)
        return (
            nodeid not in chosen.skip_tests and nodeid.partition("::")[0] not in chosen.skip_files
        )

    def _below_top(self, nodeid: str) -> str:
        """Return a node id as FirstTry has it: plain pytest may take a folder for its root."""
        below = f"{self._case.cwd}/{nodeid}"
        return nodeid if self._case.cwd == "." or self._is_there(nodeid) else below

    def _is_there(self, nodeid: str) -> bool:
        return (self._root / nodeid.partition("::")[0]).exists()
