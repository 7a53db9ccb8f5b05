"""The pytest plugin that the gates load; it does nothing unless the environment names a plan."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.early import begin, read_plan, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.recorder.inside_pytest.hooks import RecorderHooks

#: The name under which the recorder's hooks are registered, to find them at the end.
WATCH = "firsttry-watch"
#: The name under which testmon offers itself to pytest.
TESTMON = "pytest-testmon"
_TESTMON_ASKED = re.compile(r"--(no-)?(testmon|tmnet)|\b(testmon_|tmnet_|environment_expression)")


@pytest.hookimpl(tryfirst=True)
def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Begin to record as soon as this plugin is loaded: the next one may be the project itself."""
    _begin(pluginmanager, early=True)
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and read_plan() is not None and not _asks_for_testmon(config):
        pluginmanager.set_blocked(TESTMON)


def _asks_for_testmon(config: pytest.Config) -> bool:
    """Tell whether the project has testmon's options or settings: unknown ones would be errors.

    Else it is here because FirstTry brought it, and would cost each run what coverage takes.
    """
    said = [*config.invocation_params.args, os.environ.get("PYTEST_ADDOPTS", "")]
    if config.inipath is not None:
        said.append(config.inipath.read_text("utf-8", errors="replace"))
    return any(_TESTMON_ASKED.search(it) for it in said)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin now where code is traced: pytest-cov has taken the one trace function or left it."""
    _begin(early_config.pluginmanager, early=False)


def _begin(plugins: pytest.PytestPluginManager, *, early: bool) -> None:
    watch = begin(alone=early)
    if watch is not None and not plugins.has_plugin(WATCH):
        plugins.register(watch, WATCH)
        plugins.register(Wait(watch), "firsttry-wait")


class Wait:
    """Waits before any plugin loads the project, where this process was started ahead of time."""

    def __init__(self, watch: RecorderHooks) -> None:
        """Take what records."""
        self._watch = watch

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self) -> Iterator[None]:
        """Wait: all plugins are loaded, and none has been called for this."""
        wait(self._watch)
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Start no workers of xdist where that costs more than it saves; run nothing for a plan."""
    plan = read_plan()
    if plan is not None and plan.collect:
        config.option.collectonly = True
    if plan is not None and plan.serial and hasattr(config.option, "numprocesses"):
        # All three: xdist may have made the others out of the first already.
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the record, when nothing of the project runs any more."""
    watch = config.pluginmanager.get_plugin(WATCH)
    if watch is not None:
        # Each worker of xdist writes a record of its own; only they have this attribute.
        worker = getattr(config, "workerinput", {}).get("workerid", "main")
        watch.end(config, worker)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what selects tests and tells of them, before testmon reads the configuration."""
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
    # The process that distributes hears of all workers' tests.
    if worker is None:
        config.pluginmanager.register(OutcomeReporter(stream), "firsttry-outcomes")
    # Every worker of xdist collects the same tests; the first one tells which.
    tells = worker in {None, "gw0"}
    config.pluginmanager.register(
        PlannedSelection(plan, stream if tells else None), "firsttry-selected"
    )
