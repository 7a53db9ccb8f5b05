"""A plugin of pytest's that lets a project's own script set Django up, up to its first test.

Such a script calls ``settings.configure(...)``, by its own options, and then Django's test runner.
Nothing but the script knows those settings; pytest-django runs the tests with them.
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The variable that holds the script and its options, as a shell reads them.
VARIABLE = "FIRSTTRY_DJANGO_SCRIPT"
#: What Django's runner calls for its tests, whatever a project's own runner makes of it.
FIRST = ("run_tests", "setup_test_environment", "build_suite", "setup_databases")
MAIN = "__main__"


class _ReachedError(BaseException):
    """The script has set Django up, and would run the tests now: by which runner, and which."""

    def __init__(self, runner: Any = None, labels: object = None) -> None:
        """Take what the script called first."""
        super().__init__()
        self.runner, self.labels = runner, labels


@pytest.hookimpl
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set Django up: the recorder has begun, and no conftest.py has been loaded."""
    words = shlex.split(os.environ.get(VARIABLE, ""))
    if words:
        runner, labels = set_up(words)
        early_config.pluginmanager.register(Order(runner, labels), "firsttry-django-order")


class Order:
    """Runs tests in the order of Django's runner: what one leaves, another one may stumble over."""

    def __init__(self, runner: Any, labels: object) -> None:
        """Take the runner that the script made, and the labels of its first run."""
        self._runner, self._labels = runner, labels

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort the tests; those of a later run of the script keep their order, and come last."""
        if isinstance(self._labels, (list, tuple)) and items:
            suite = self._runner.build_suite(list(self._labels))
            order = {name: at for at, name in enumerate(_names(suite))}
            items.sort(key=lambda it: order.get(_name(it), len(order)))


def _names(suite: Any) -> Iterator[str]:
    for it in suite:
        yield from _names(it) if hasattr(it, "__iter__") else (it.id(),)


def _name(item: pytest.Item) -> str:
    owner = getattr(item, "cls", None)
    return f"{owner.__module__}.{owner.__qualname__}.{item.name}" if owner else ""


def set_up(words: Sequence[str]) -> tuple[Any, object]:
    """Run a script with its options until it runs tests; UsageError where it never does.

    Return its runner, and the labels that it gives it, None where it did not come to these.
    """
    try:
        import pytest_django  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
        from django.test.runner import (  # type: ignore[import-not-found,unused-ignore]
            DiscoverRunner,
        )
    except ImportError as error:
        named = f"{error.name or error} is not installed here, and pytest needs Django and"
        said = f"{named} pytest-django for the tests that {words[0]} runs"
        raise pytest.UsageError(f"{said}; run: python -m pip install pytest-django") from error
    kept = {name: getattr(DiscoverRunner, name) for name in FIRST}
    try:
        for name in FIRST:
            setattr(DiscoverRunner, name, _reached)
        _run(words)
    except _ReachedError as reached:
        return reached.runner, reached.labels
    except SystemExit:
        pass
    finally:
        for name, function in kept.items():
            setattr(DiscoverRunner, name, function)
    raise pytest.UsageError(
        f"`python {shlex.join(words)}` ended before it ran any test by Django's runner. Configure"
        " Django in a conftest.py as it does, and name how pytest is called:"
        " [tool.firsttry.pytest] command"
    )


def _reached(*args: object, **options: object) -> NoReturn:
    labels = options.get("test_labels", args[1] if len(args) > 1 else None)
    raise _ReachedError(args[0], labels)


def _run(words: Sequence[str]) -> None:
    """Run a file as Python runs it that is started: by its name, with its folder on the path."""
    path = Path(words[0]).absolute()
    module = ModuleType(MAIN)
    module.__file__ = str(path)
    sys.path.insert(0, str(path.parent))
    with _as_main(module, list(words)):
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102


@contextmanager
def _as_main(module: ModuleType, argv: list[str]) -> Iterator[None]:
    before = sys.argv, sys.modules[MAIN]
    sys.argv, sys.modules[MAIN] = argv, module
    try:
        yield
    finally:
        sys.argv, sys.modules[MAIN] = before
