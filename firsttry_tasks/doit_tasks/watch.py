"""Run warm at each save: the next run is started, loaded and waiting before it is asked for."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.doit_tasks import holding
from firsttry_tasks.doit_tasks.words import WAITS
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import Command
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.system.guard.running import Shown

#: Milliseconds between two looks at what was saved, and for which saves that follow each other are
#: one. Judgements: nobody notices them, and an editor that saves ten files does so within them.
PAUSE, STEP, TOGETHER = 200, 20, 200
#: Folders that no save is in: git's, and FirstTry's own.
OWN = (".git", state_paths.STATE, state_paths.ARTIFACTS, "__pycache__")


def watch(root: Path, words: Sequence[str]) -> int:
    """Run warm now and at each save, until Ctrl-C; return the exit code of that."""
    try:
        import watchfiles
    except ImportError as error:
        raise UsageError(
            "ft watch needs watchfiles; run: python -m pip install 'firsttry-tasks[watch]'"
        ) from error
    with holding.signals(), ExitStack() as stack:
        runs = stack.enter_context(_Runs(root, words))
        try:
            begun = False
            for changes in watchfiles.watch(
                root,
                watch_filter=None,
                debounce=TOGETHER,
                step=STEP,
                rust_timeout=PAUSE,
                yield_on_timeout=True,
                raise_interrupt=True,
            ):
                # Only now is every save noticed: one that the first run did not see would be lost.
                if begun:
                    runs.look({os.path.relpath(path, root) for _, path in changes})
                else:
                    runs.begin()
                    begun = True
        except KeyboardInterrupt:
            CONSOLE.say("", "No longer watching.")
            ANSWER.fail("No longer watching.")
    return holding.INTERRUPTED


class _Runs:
    """The run that goes on, and the one that waits for the next save."""

    def __init__(self, root: Path, words: Sequence[str]) -> None:
        """Start nothing yet."""
        self._root = root
        self._words = words
        self._going: Shown | None = None
        self._waiting: Shown | None = None
        self._ends: dict[Shown, ExitStack] = {}
        self._wrote: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        """Return these runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs or waits."""
        for started in (self._going, self._waiting):
            if started:
                self._end(started)
        # Where Ctrl-C came while one was ended.
        process.end_rest()

    def begin(self) -> None:
        """Let the waiting run begin."""
        waiting = self._waiting or self._start()
        self._waiting = None
        CONSOLE.say("", CONSOLE.paint(f"{time.strftime('%H:%M:%S')} warm", "off"))
        CONSOLE.stream.flush()
        if not waiting.go():
            # It was ended from outside.
            self._end(waiting)
            waiting = self._start()
            waiting.go()
        self._going = waiting

    def look(self, saved: Iterable[str]) -> None:
        """Begin where something was saved, and get the next run ready where one has ended."""
        if self._going and self._going.ended:
            self._end(self._going)
            self._going = None
            self._wrote = _written(self._root)
        if self._meant(saved):
            if self._going:
                self._end(self._going)
            self.begin()
        elif not self._going and not self._waiting:
            self._waiting = self._start()

    def _meant(self, saved: Iterable[str]) -> bool:
        """Tell whether a person may have saved one of these paths."""
        # What git ignores too: a test may read it. But for what the tests write themselves, or a
        # run would be the reason for the next one.
        own = {path for path in saved if set(Path(path).parts) & set(OWN)}
        left = sorted(set(saved) - own - self._wrote)
        return bool(left and _unignored(self._root, left))

    def _start(self) -> Shown:
        argv = (sys.executable, "-P", "-m", "firsttry_tasks", "warm", *self._words)
        env = {**os.environ, WAITS: "1"}
        command = Command(argv=(*argv, "failed_first=1"), cwd=str(self._root), env=env)
        stack = ExitStack()
        started = stack.enter_context(process.shown(command, waits=True))
        self._ends[started] = stack
        return started

    def _end(self, started: Shown) -> None:
        if ends := self._ends.pop(started, None):
            ends.close()


def _written(root: Path) -> frozenset[str]:
    """Return the files that tests were seen to write."""
    with suppress(FirstTryError):
        return frozenset(
            name
            for recorded in DependencyDb(root / state_paths.DB).recorded_runs()
            for kind, name in recorded.observations
            if kind in {"write", "touch"}
        )
    return frozenset()


def _unignored(root: Path, paths: Sequence[str]) -> bool:
    """Tell whether git shows one of these paths, or would."""
    try:
        ignored = git.ask(root, "check-ignore", "--stdin", "-z", stdin="\0".join(paths).encode())
    except FirstTryError:
        # It ends with 1 where it ignores none.
        return True
    return len(git.fields(ignored)) < len(paths)
