"""Variables that steer a tool are known by their whole names."""

from __future__ import annotations

from firsttry_tasks.model import steering


def test_what_steers_a_tool_is_part_of_the_key() -> None:
    """And nothing else is: a new shell is no reason to run again."""
    given = ("TZ", "PYTHONPATH", "SHLVL", "MYPYPATH", "LC_TIME", "PYTEST_CURRENT_TEST")
    assert steering.names(given) == ("LC_TIME", "MYPYPATH", "PYTHONPATH", "TZ")


def test_a_beginning_makes_no_name() -> None:
    """Tokens of services whose names begin as a tool's do steer nothing."""
    others = ["LANGCHAIN_API_KEY", "PYTHONANYWHERE_API_TOKEN", "COVERALLS_REPO_TOKEN", "RUFFUS"]
    others += ["TZ_SECRET", "PYTEST_TOKEN", "MYPYPI_PASSWORD", "LC_SECRET", "COVERAGE_TOKEN"]
    assert steering.names(others) == ()


def test_each_name_has_one_reader() -> None:
    """The table says of each variable which tool reads it, once."""
    named = [name for names in steering.READ_BY.values() for name in names]
    assert len(named) == len(steering.STEERING)
