"""mypy in a clone that took a golden cache, beside mypy in one that took none."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec

from benchmarks import harness
from benchmarks.harness import Taken
from firsttry_tasks.model.values import Report

if TYPE_CHECKING:
    from pathlib import Path

TURNS = 5
#: Some 140,000 lines of typed code, in modules of twenty classes and twenty functions.
MODULES = 300
EACH = 20
CASES = ("mypy, cold", "mypy in a second clone")
SETTINGS = """
[tool.firsttry]
store_seconds = 30
[tool.firsttry.ruff]
enabled = false
[tool.mypy]
strict = true
"""
UNIT = """

@dataclass(frozen=True)
class Item{n}(Generic[T]):
    name: str
    value: T
    weights: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def total(self) -> float:
        return sum(sum(one) for one in self.weights.values())

    def mapped(self, change: Callable[[T], U]) -> "Item{n}[U]":
        return Item{n}(self.name, change(self.value), self.weights)


def work{n}(items: Sequence[Item{n}[int]], *, most: int = {n}) -> Mapping[str, Sequence[object]]:
    found: dict[str, list[tuple[int, float]]] = {{}}
    for item in items:
        if item.value > most:
            continue
        text = item.mapped(lambda value: f"{{value:>{n}}}")
        found.setdefault(text.name, []).append((item.value, item.total()))
    return {{key: sorted(value) for key, value in found.items() if value}}
"""
HEAD = """from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
"""
TYPES = '\nT = TypeVar("T")\nU = TypeVar("U")\n'


def measure(root: Path) -> dict[str, Taken]:
    """Publish a golden cache of a generated project; return what mypy takes with and without it."""
    origin, store = root / "origin", root / "store"
    _generate(origin)
    env = {"FIRSTTRY_STORE": str(store)}
    doit = str(harness.BIN / "doit")
    for words in (("full", "record=1"), ("publish", "record=1")):
        harness.prepare(origin, doit, *words, **env)
    seen: dict[str, list[float]] = {case: [] for case in CASES}
    for turn in range(TURNS):
        for case, place in zip(CASES, (root / "nothing", store), strict=True):
            clone = root / f"clone-{turn}"
            harness.prepare(root, "git", "clone", "--quiet", str(origin), str(clone))
            harness.prepare(clone, doit, "warm", FIRSTTRY_STORE=str(place))
            seen[case].append(_seconds(clone))
            shutil.rmtree(clone)
    return {case: Taken(seconds=tuple(it), cpu=tuple(it), peak=0) for case, it in seen.items()}


def _seconds(root: Path) -> float:
    """Return what mypy took in the last warm run; it has to have been green."""
    place = root / "artifacts/warm_parity_report.json"
    report = msgspec.json.decode(place.read_bytes(), type=Report)
    [result] = [line.result for line in report.gates if line.result.gate == "mypy"]
    if result.status != "green":
        raise SystemExit(f"mypy is {result.status}: {result.message}")
    return round(result.seconds, 4)


def _generate(root: Path) -> None:
    files = {
        "pyproject.toml": SETTINGS,
        "dodo.py": "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n",
        ".gitignore": "__pycache__/\n",
        "big/__init__.py": "",
        "tests/test_big.py": "def test_nothing() -> None:\n    pass\n",
    }
    for number in range(MODULES):
        before = sorted({number // 2, number // 3, number - 1} - {number, -1})
        used = "".join(f"from big.m{it} import work0 as before{it}\n" for it in before)
        units = "".join(UNIT.format(n=n) for n in range(EACH))
        files[f"big/m{number}.py"] = f"{HEAD}\n{used}{TYPES}{units}"
    harness.write(root, files)
    harness.commit(root)
