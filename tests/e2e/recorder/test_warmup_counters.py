"""How Python 3.11 counts starts: read where it lies, and set back under running code."""

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any

import pytest

from firsttry_tasks.recorder.tracing import warmup_counters
from firsttry_tasks.recorder.tracing.warmup_counters import Group, InterpreterMemory
from tests.e2e.recorder.recorded import HOUSE

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython",
    reason="only CPython 3.11 counts so",
)

SOURCE = """
def add(a, b):
    return a + b

def loop(n):
    total = 0
    for i in range(n):
        total = add(total, i)
    return total

def called(back, n):
    out = []
    for i in range(n):
        out.append(thing.value[str(i % 3)] + i)
        if i == n - 1:
            back()
            out += [thing.value["0"] + len(out), *map(str, reversed(range(3)))]
    return out

def counting(n):
    for i in range(n):
        yield i * 2
"""


@pytest.fixture(name="memory")
def _memory() -> InterpreterMemory:
    found = warmup_counters.memory()
    assert found is not None, "this interpreter should be able to tell"
    return found


def _functions() -> Any:
    """Return functions that nobody else has or watches."""
    made: dict[str, Any] = {"thing": SimpleNamespace(value={"0": 5, "1": 6, "2": 7})}
    for code in compile(SOURCE, "<made>", "exec").co_consts:
        if isinstance(code, CodeType):
            made[code.co_name] = FunctionType(code, made)
    return SimpleNamespace(**made)


def _group(memory: InterpreterMemory, *functions: Callable[..., object]) -> Group:
    return Group(memory, [each.__code__ for each in functions if isinstance(each, FunctionType)])


def _names(codes: list[CodeType]) -> list[str]:
    return [code.co_name for code in codes]


def test_what_ran_is_told_once(memory: InterpreterMemory) -> None:
    """And what did not run isn't."""
    made = _functions()
    group = _group(memory, made.add, made.loop)
    assert _names(group.moved()) == []
    made.add(1, 2)
    assert _names(group.moved()) == ["add"]
    assert _names(group.moved()) == []
    made.loop(0)
    assert _names(group.moved()) == ["loop"]


def test_one_alone_is_told(memory: InterpreterMemory) -> None:
    """Of a single code object as well."""
    made = _functions()
    group = _group(memory, made.add)
    made.add(1, 2)
    assert _names(group.moved()) == ["add"]


def test_warm_code_is_told_again(memory: InterpreterMemory) -> None:
    """Code that ran so often that it was made quicker, and code that was so before."""
    made = _functions()
    made.loop(200_000)
    group = _group(memory, made.add, made.loop)
    for _ in range(3):
        assert made.loop(200_000) == 19_999_900_000
        assert sorted(_names(group.moved())) == ["add", "loop"]
        assert _names(group.moved()) == []


def test_instructions_are_given_back_under_running_code(memory: InterpreterMemory) -> None:
    """A function that is in the middle of a loop goes on as if nothing had been."""
    made = _functions()
    expected = made.called(list, 100_000)
    group = _group(memory, made.called)
    told: list[CodeType] = []
    assert made.called(lambda: told.extend(group.moved()), 100_000) == expected
    assert _names(told) == ["called"]


def test_a_generator_goes_on(memory: InterpreterMemory) -> None:
    """It is told again where it runs again, and gives what it would have given."""
    made = _functions()
    group = _group(memory, made.counting)
    begun = made.counting(200_000)
    assert _names(group.moved()) == [], "called, it has not begun"
    assert [next(begun) for _ in range(3)] == [0, 2, 4]
    assert _names(group.moved()) == ["counting"]
    for _ in range(100_000):
        last = next(begun)
    assert last == 200_004
    assert _names(group.moved()) == ["counting"]
    assert next(begun) == 200_006
    assert _names(group.moved()) == ["counting"]


def test_other_threads_go_on(memory: InterpreterMemory) -> None:
    """Counts are set back while another thread is in the code."""
    made = _functions()
    group = _group(memory, made.add, made.loop)
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(made.loop(400_000)))
    thread.start()
    told: set[str] = set()
    while thread.is_alive():
        told |= set(_names(group.moved()))
    thread.join()
    assert done == [79_999_800_000]
    assert told | set(_names(group.moved())) == {"add", "loop"}


def test_code_that_is_watched_stays(memory: InterpreterMemory) -> None:
    """Its place must not become another's."""
    made = _functions()
    group = _group(memory, made.add)
    place = memory.index(made.add.__code__)
    del made
    gc.collect()
    others = [_functions() for _ in range(50)]
    assert all(memory.index(it.add.__code__) != place for it in others)
    assert _names(group.moved()) == []


ITSELF = """
import sys, types
from firsttry_tasks.recorder.tracing import attribution, warmup_counters

seen = attribution.Attribution(sys.argv[1])
collector = warmup_counters.WarmupCounterCollector(seen, warmup_counters.memory())
collector.begin()
scope = seen.scope("import", "it.py")
seen.push(scope)
code = compile("collector.foreign(list)\\ncollector.drain()", "it.py", "exec")
collector.importing(code, scope, bool)
exec(code)
collector.importing(None, scope, bool)
print(len(scope.lines) > 0)
"""


def test_the_recorder_can_be_what_is_recorded() -> None:
    """Its own code is traced while it looks at what was traced."""
    done = subprocess.run(
        [sys.executable, "-c", ITSELF, str(HOUSE)],
        env={"PYTHONPATH": str(HOUSE)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_no_guess_without_ctypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then code is traced."""
    monkeypatch.setattr(warmup_counters, "ctypes", None)
    assert warmup_counters.memory.__wrapped__() is None
