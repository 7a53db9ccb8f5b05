"""The plugin the gates load into pytest; inert unless a plan is named in the environment."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from firsttry_tasks.model.values import PLAN, TestsPlan

WATCH = "firsttry-watch"


def read_plan() -> TestsPlan | None:
    """Return the plan of this run, or None where a person runs pytest by hand."""
    place = os.environ.get(PLAN)
    return msgspec.json.decode(Path(place).read_bytes(), type=TestsPlan) if place else None


@pytest.hookimpl(tryfirst=True)
def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Begin to learn as soon as we are loaded: the next plugin may be the project itself."""
    _begin(pluginmanager, early=True)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin at last, now that it is known whether coverage has the one place to trace from."""
    _begin(early_config.pluginmanager, early=False)


def _begin(plugins: pytest.PytestPluginManager, *, early: bool) -> None:
    plan = read_plan()
    if plan is None or not plan.records:
        return
    from firsttry_tasks.recorder.inside_pytest.hooks import RecorderHooks
    from firsttry_tasks.recorder.tracing.collector import stands_alone

    if early != stands_alone():
        return
    watch = RecorderHooks(Path(plan.root), Path(plan.records), plan.data)
    watch.begin()
    plugins.register(watch, WATCH)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Start no workers where that costs more than it saves."""
    plan = read_plan()
    if plan is not None and plan.serial and hasattr(config.option, "numprocesses"):
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write what was learned, when nothing of the project runs any more."""
    watch = config.pluginmanager.get_plugin(WATCH)
    if watch is not None:
        worker = getattr(config, "workerinput", {}).get("workerid", "main")
        watch.end(config, worker)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what the plan asks for, before testmon looks at the configuration."""
    plan = read_plan()
    if plan is None:
        return
    from firsttry_tasks.recorder.inside_pytest.deselect import PlannedSelection
    from firsttry_tasks.recorder.inside_pytest.outcomes import EventStream, OutcomeReporter

    # testmon reads `--lf` even where `-p no:cacheprovider` took that option away.
    if not hasattr(config.option, "lf"):
        config.option.lf = False
    stream = EventStream(plan.events)
    worker = getattr(config, "workerinput", {}).get("workerid")
    if worker is None:
        config.pluginmanager.register(OutcomeReporter(stream), "firsttry-outcomes")
    # Every worker of xdist collects the same tests; the first one tells which.
    tells = worker in {None, "gw0"}
    config.pluginmanager.register(
        PlannedSelection(plan, stream if tells else None), "firsttry-selected"
    )
