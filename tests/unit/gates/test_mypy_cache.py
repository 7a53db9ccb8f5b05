"""Where mypy's cache lies, and which changes it can't be trusted with."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.config.parity_lock import Lock, Tool
from firsttry_tasks.gates import mypy_cache
from firsttry_tasks.model.observed import PathState
from tests.builders import job

SECOND = 1_000_000_000
ONE, TWO = PathState("1", (SECOND, 10)), PathState("2", (2 * SECOND, 10))
ABSENT = PathState("absent")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("file /project/a.py", ONE, TWO),
        ("file /project/a.py", ONE, PathState("2", (SECOND, 11))),
        ("file /project/a.py", ABSENT, TWO),
        ("file /project/a.pyi", ONE, ABSENT),
        ("file /outside/a.pyi", ONE, TWO),
        ("list /project/pkg", ONE, TWO),
        ("code /project/plugin.py", ONE, ONE),
    ],
)
def test_what_mypy_sees_by_itself(name: str, old: PathState, new: PathState) -> None:
    """Sources with another size or second of writing, and what comes and goes in the project."""
    assert not mypy_cache.blind_to({name: old}, {name: new}, "/project")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("file /project/a.py", ONE, PathState("2", (SECOND + 5, 10))),
        ("file /project/a.py", ONE, PathState("2")),
        ("file /project/mypy.ini", ONE, TWO),
        ("file /project/pkg/py.typed", ABSENT, TWO),
        ("file /project/bin/tool", ONE, TWO),
        ("file /outside/a.pyi", ABSENT, TWO),
        ("list /outside", ONE, TWO),
        ("list /project-2", ONE, TWO),
        ("code /project/plugin.py", ONE, TWO),
    ],
)
def test_what_mypy_is_blind_to(name: str, old: PathState, new: PathState) -> None:
    """Whatever else changed: mypy then starts from nothing, once."""
    assert mypy_cache.blind_to({name: old}, {name: new}, "/project") == name


@pytest.mark.parametrize(
    ("part", "blind"), [("command", True), ("python", True), ("seen", False), ("lock", False)]
)
def test_parts_of_the_key(part: str, *, blind: bool) -> None:
    """Another command or Python makes another answer of the same sources."""
    assert bool(mypy_cache.blind_to_parts({part: "1"}, {part: "2"})) == blind


@pytest.mark.parametrize(
    ("words", "env", "configured", "place"),
    [
        ((), {}, "", "/project/.mypy_cache"),
        ((), {}, "build/types", "/project/build/types"),
        ((), {"MYPY_CACHE_DIR": "/big/disk"}, "build/types", "/big/disk"),
        (("--cache-dir=one",), {"MYPY_CACHE_DIR": "/big/disk"}, "", "/project/one"),
        (("--cache-dir", "/two"), {}, "", "/two"),
        (("--cache-dir=/dev/null",), {}, "", ""),
    ],
)
def test_where_the_cache_lies(
    words: tuple[str, ...], env: dict[str, str], configured: str, place: str
) -> None:
    """As mypy ranks them: command line, environment, configuration, default."""
    asked = job(lock=Lock(tools={"mypy": Tool(args=words)}))
    assert mypy_cache.place(msgspec.structs.replace(asked, env=env), configured) == place
