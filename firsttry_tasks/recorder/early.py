"""Begins to record before pytest does anything: it may load the project to read its own options.

A filter of warnings names a class, and pytest imports that before it loads any plugin.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.values import PLAN, TestsPlan

if TYPE_CHECKING:
    from firsttry_tasks.recorder.inside_pytest.hooks import RecorderHooks
    from firsttry_tasks.recorder.inside_pytest.pause import Pause

#: What has begun in this process.
_begun: list[RecorderHooks] = []
#: The wait that is to come, where this process is to wait.
_pauses: list[Pause] = []


def read_plan() -> TestsPlan | None:
    """Return the plan of this run, or None where a person runs pytest by hand.

    Raises OSError or msgspec.DecodeError where the plan that is named can't be read.
    """
    place = os.environ.get(PLAN)
    return msgspec.json.decode(Path(place).read_bytes(), type=TestsPlan) if place else None


def begin(*, alone: bool = True, ahead: bool = False) -> RecorderHooks | None:
    """Begin to record where the plan asks for it and the collector stands alone, or does not.

    ``ahead`` is whether Python itself is just starting. Return what records; None where it is not
    to begin now.
    """
    if _begun:
        return _begun[0]
    plan = read_plan()
    if plan is None or not plan.records:
        return None
    # Late: each module that is imported here is one that the recorder can't see being imported,
    # and a run that records nothing should not pay for it.
    from firsttry_tasks.recorder.inside_pytest.hooks import RecorderHooks
    from firsttry_tasks.recorder.inside_pytest.pause import PAUSE, Pause, restore
    from firsttry_tasks.recorder.tracing.collector import stands_alone

    # It is asked for early and late; which of them begins depends on the collector.
    if alone != stands_alone():
        return None
    if PAUSE in os.environ:
        pause = Pause(os.environ[PLAN])
        if ahead:
            _pauses.append(pause)
        else:
            pause.wait(plan.root)
            # What is to run now is another plan.
            plan = read_plan() or plan
    restore()
    watch = RecorderHooks(Path(plan.root), Path(plan.records), plan.data, _key(plan.key))
    watch.begin()
    _begun.append(watch)
    return watch


def wait(watch: RecorderHooks) -> None:
    """Wait for something to run, where this process has begun to record ahead of that."""
    if _pauses:
        _pauses.pop().wait(str(watch.recorder.attribution.root), watch)


def _key(place: str) -> bytes:
    """Return this machine's key."""
    try:
        return Path(place).read_bytes()
    except OSError:
        # Digests under a key that nobody has equal no other: what read a variable will run again.
        return os.urandom(32)
