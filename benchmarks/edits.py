"""Seeded edits of a whole project: of its code, data, configuration, types, and for its linter."""

import ast
import random
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct

from firsttry_tasks.parity.faults import Fault, draw, even, in_data, spans

AREAS = ("code", "data", "configuration", "types", "lint")

#: Tables of configuration files that speak to one of the tools.
_TABLE = re.compile(
    rb"^\[+(?:tool[.:])?(pytest|ruff|mypy|tox|testenv|coverage|flake8)[^\]\n]*\]+[^\n]*\n",
    re.MULTILINE,
)
_CONFIGS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "mypy.ini", "ruff.toml")
#: What a person may add to a tool's table, as TOML writes it.
_SETTINGS = {
    "pytest": (
        'addopts = ["-k", "there_is_no_such_test"]',
        'addopts = ["--there-is-no-such-option"]',
        'filterwarnings = ["error"]',
        'minversion = "99"',
        'python_files = ["check_*.py"]',
        'python_functions = ["check_*"]',
        'required_plugins = ["pytest-there-is-none"]',
        'testpaths = ["there_is_no_such_folder"]',
    ),
    "mypy": (
        "disallow_any_expr = true",
        "disallow_untyped_defs = true",
        'enable_error_code = ["explicit-override"]',
        'exclude = ["."]',
        "no_such_option = true",
        'plugins = ["there_is_no_such_plugin"]',
        "warn_unreachable = true",
    ),
    "ruff": (
        'exclude = ["*.py"]',
        'lint.extend-select = ["D", "ANN"]',
        "line-length = 40",
        "no-such-option = true",
        'required-version = ">=99"',
        'target-version = "py37"',
    ),
}
#: What a person may add to a conftest.py.
_HOOKS = (
    'collect_ignore_glob = ["*"]\n',
    "import there_is_no_such_module\n",
    'pytest_plugins = ["there_is_no_such_plugin"]\n',
    "def pytest_collection_modifyitems(items):\n    items.clear()\n",
    "def pytest_configure(config):\n    raise RuntimeError(config)\n",
    "def pytest_runtest_setup(item):\n    assert len(item.name) % 7\n",
    "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
)
#: Statements that a linter finds something in, at the end of a module.
_STATEMENTS = (
    "import colorsys\n",
    "import os, sys\n",
    'WHERE = f"nowhere"\n',
    "assert (1, 'true')\n",
    "def untidy(x = [], *, y):\n    l = x == None\n    return there_is_no_such_name\n",
    "try:\n    import nowhere\nexcept:\n    pass\n",
)


class Places(Struct, frozen=True, kw_only=True):
    """The files of a project that edits are drawn from; each list is of paths within it."""

    code: list[str]
    tests: list[str]
    data: list[str]
    tracked: list[str]


class Edit(Struct, frozen=True, kw_only=True):
    """A fault, and which part of the project it is in."""

    area: str
    fault: Fault


def draw_edits(root: Path, places: Places, count: int, seed: int) -> list[Edit]:
    """Return ``count`` edits, as many of each area."""
    dice = random.Random(seed)
    each = count // len(AREAS)
    drawn = {
        "code": draw(root, places.code, [], each, seed),
        "data": _data(root, places, each, dice),
        "configuration": even(_configuration(root, places), each, dice),
        "types": even(_types(root, places.code), each, dice),
        "lint": even(_lint(root, [*places.code, *places.tests]), each, dice),
    }
    # In turns, so that a drill that is stopped early has seen a little of everything.
    turns = zip_longest(*(drawn[area] for area in AREAS))
    return [
        Edit(area=area, fault=fault)
        for turn in turns
        for area, fault in zip(AREAS, turn, strict=True)
        if fault
    ]


def _data(root: Path, places: Places, count: int, dice: random.Random) -> list[Fault]:
    """Draw from the data files; where there are none, from what tests compare with."""
    if not places.data:
        return draw(root, places.tests, [], count, dice.randrange(1000))
    lines: list[Fault] = []
    whole: list[Fault] = []
    for path in places.data:
        text = (root / path).read_bytes()
        lines.extend(in_data(path, text))
        whole.extend(_whole(path, text))
    return even([lines, whole], count, dice)


def _whole(path: str, text: bytes) -> Iterator[Fault]:
    """Empty a file, or give it another system's line ends."""
    yield Fault(kind="emptied", path=path, line=1, start=0, end=len(text), new="")
    try:
        other = text.decode().replace("\r\n", "\n").replace("\n", "\r\n")
    except UnicodeDecodeError:
        return
    if other.encode() != text:
        yield Fault(kind="line ends", path=path, line=1, start=0, end=len(text), new=other)


def _configuration(root: Path, places: Places) -> list[list[Fault]]:
    """Return what can be done to each tool's settings, and to what pytest loads first."""
    pools: dict[str, list[Fault]] = {name: [] for name in ("dropped", *_SETTINGS, "conftest")}
    for path in places.tracked:
        if Path(path).name in _CONFIGS:
            for name, fault in _in_configuration(path, (root / path).read_bytes()):
                pools[name].append(fault)
    found = [path for path in places.tracked if Path(path).name == "conftest.py"]
    for path in found or ["conftest.py"]:
        end = (root / path).stat().st_size if found else 0
        for hook in _HOOKS:
            pools["conftest"].append(_added("conftest", path, end, f"\n\n{hook}"))
    return list(pools.values())


def _in_configuration(path: str, text: bytes) -> Iterator[tuple[str, Fault]]:
    ini = not path.endswith(".toml")
    tables = list(_TABLE.finditer(text))
    for table in tables:
        tool = table[1].decode()
        for setting in _SETTINGS.get(tool, ()):
            # A table of its own, such as [tool.ruff.lint], is no place for another's settings.
            if b"." not in table[0].replace(b"tool.", b"").replace(b".ini_options", b""):
                new = _as_ini(setting) if ini else setting
                yield tool, _added(f"{tool} setting", path, table.end(), f"{new}\n")
        after = re.compile(rb"^\[", re.MULTILINE).search(text, table.end())
        inside = text[table.end() : after.start() if after else len(text)]
        for dropped in in_data(path, inside):
            at = table.end()
            yield (
                "dropped",
                Fault(
                    kind="dropped setting",
                    path=path,
                    line=dropped.line + text.count(b"\n", 0, at),
                    start=dropped.start + at,
                    end=dropped.end + at,
                    new="",
                ),
            )


def _as_ini(setting: str) -> str:
    return re.sub(r'[\[\]",]', "", setting)


def _added(kind: str, path: str, at: int, new: str) -> Fault:
    return Fault(kind=kind, path=path, line=1, start=at, end=at, new=new)


def _types(root: Path, sources: Iterable[str]) -> list[list[Fault]]:
    """Return wrong annotations, dropped ones and new ones."""
    pools: dict[str, list[Fault]] = {"wrong": [], "dropped": [], "new": []}
    for path in sources:
        text = (root / path).read_bytes()
        place = spans(text)
        for kind, node, new in _annotations(ast.parse(text)):
            first, last = place(node)
            start = last if kind == "new" else first
            pools[kind].append(
                Fault(
                    kind=f"{kind} annotation",
                    path=path,
                    line=node.lineno,
                    start=start,
                    end=last,
                    new=new,
                )
            )
    return list(pools.values())


def _annotations(tree: ast.Module) -> Iterator[tuple[str, ast.expr | ast.arg, str]]:
    lambdas = {
        inner for it in ast.walk(tree) if isinstance(it, ast.Lambda) for inner in ast.walk(it.args)
    }
    for node in ast.walk(tree):
        if node in lambdas:  # they take no annotations
            continue
        match node:
            case ast.FunctionDef(returns=ast.expr() as returns):
                yield "wrong", returns, _other(returns)
            case ast.arg(annotation=ast.expr() as annotation):
                yield "wrong", annotation, _other(annotation)
                yield "dropped", node, node.arg
            case ast.arg(arg=name) if name not in {"self", "cls"}:
                yield "new", node, ": bytes"
            case _:
                pass


def _other(annotation: ast.expr) -> str:
    return "int" if ast.unparse(annotation) != "int" else "str"


def _lint(root: Path, sources: Iterable[str]) -> list[list[Fault]]:
    """Return statements that linters know, names that are not defined, and lines of no shape."""
    pools: tuple[list[Fault], ...] = ([], [], [])
    for path in sources:
        text = (root / path).read_bytes()
        place = spans(text)
        pools[0].extend(_added("statement", path, len(text), f"\n\n{it}") for it in _STATEMENTS)
        for node in _names(ast.parse(text)):
            end = place(node)[1]
            pools[1].append(
                Fault(kind="name", path=path, line=node.lineno, start=end, end=end, new="_")
            )
        long = f"# {'long ' * 40}\t \n"
        pools[2].append(_added("line", path, len(text), long))
    return list(pools)


def _names(tree: ast.Module) -> Iterator[ast.Name]:
    """Yield each name that a function reads, but none in a text: its place there is not known."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            texts = {
                inner
                for text in ast.walk(node)
                if isinstance(text, ast.JoinedStr)
                for inner in ast.walk(text)
            }
            for name in ast.walk(node):
                if (
                    isinstance(name, ast.Name)
                    and isinstance(name.ctx, ast.Load)
                    and name not in texts
                ):
                    yield name
