"""Names the variables that steer the tools and the interpreter, each with what reads it.

Only what is named here is part of a result's key by its name alone. Whatever else a test reads is
recorded test by test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What reads a variable -> the variables' names. Names, not beginnings of names: LANGCHAIN_API_KEY
#: and PYTHONANYWHERE_API_TOKEN steer no tool. A tool's own documentation or source is the source
#: (``python --help-env``, ``ruff check --help``); a name that is missing costs a warm run that does
#: not see the change, which full then shows.
READ_BY: dict[str, tuple[str, ...]] = {
    "the C library's locale": (
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_ADDRESS",
        "LC_COLLATE",
        "LC_CTYPE",
        "LC_IDENTIFICATION",
        "LC_MEASUREMENT",
        "LC_MESSAGES",
        "LC_MONETARY",
        "LC_NAME",
        "LC_NUMERIC",
        "LC_PAPER",
        "LC_TELEPHONE",
        "LC_TIME",
        "LOCPATH",
    ),
    "the C library's clock": ("TZ", "TZDIR"),
    "Python's start": (
        "PYTHONCASEOK",
        "PYTHONCOERCECLOCALE",
        "PYTHONDEBUG",
        "PYTHONDEVMODE",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONEXECUTABLE",
        "PYTHONFAULTHANDLER",
        "PYTHONHASHSEED",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONINTMAXSTRDIGITS",
        "PYTHONIOENCODING",
        "PYTHONMALLOC",
        "PYTHONMALLOCSTATS",
        "PYTHONNODEBUGRANGES",
        "PYTHONNOUSERSITE",
        "PYTHONOPTIMIZE",
        "PYTHONPATH",
        "PYTHONPERFSUPPORT",
        "PYTHONPLATLIBDIR",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSAFEPATH",
        "PYTHONTRACEMALLOC",
        "PYTHONUNBUFFERED",
        "PYTHONUSERBASE",
        "PYTHONUTF8",
        "PYTHONVERBOSE",
        "PYTHONWARNDEFAULTENCODING",
        "PYTHONWARNINGS",
        "PYTHON_CONTEXT_AWARE_WARNINGS",
        "PYTHON_CPU_COUNT",
        "PYTHON_FROZEN_MODULES",
        "PYTHON_GIL",
        "PYTHON_JIT",
        "PYTHON_LAZY_IMPORTS",
        "PYTHON_PERF_JIT_SUPPORT",
        "PYTHON_THREAD_INHERIT_CONTEXT",
        "PYTHON_TLBC",
    ),
    "Python's own modules": (
        "PYTHONASYNCIODEBUG",
        "PYTHONBREAKPOINT",
        "PYTHONTZPATH",
        "PYTHON_COLORS",
    ),
    "pytest": (
        "PYTEST_ADDOPTS",
        "PYTEST_DEBUG",
        "PYTEST_DEBUG_TEMPROOT",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "PYTEST_PLUGINS",
        "PYTEST_THEME",
        "PYTEST_THEME_MODE",
        "PY_COLORS",
        "PY_IGNORE_IMPORTMISMATCH",
    ),
    "mypy": (
        "MYPYPATH",
        "MYPY_ALT_LIB_PATH",
        "MYPY_CACHE_DIR",
        "MYPY_CONFIG_FILE_DIR",
        "MYPY_FORCE_COLOR",
        "MYPY_FORCE_TERMINAL_WIDTH",
        "MYPY_NUM_WORKERS",
    ),
    "ruff": ("RUFF_CACHE_DIR", "RUFF_NO_CACHE", "RUFF_OUTPUT_FILE", "RUFF_OUTPUT_FORMAT"),
    "coverage": (
        "COVERAGE_CORE",
        "COVERAGE_DEBUG",
        "COVERAGE_DEBUG_FILE",
        "COVERAGE_FILE",
        "COVERAGE_FORCE_CONFIG",
        "COVERAGE_RCFILE",
    ),
}
STEERING = frozenset(name for names in READ_BY.values() for name in names)


def names(environ: Iterable[str]) -> tuple[str, ...]:
    """Return, sorted, the variables that can change what a gate finds."""
    return tuple(sorted(STEERING.intersection(environ)))
