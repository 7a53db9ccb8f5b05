"""The second bystander: a test that imports the modules a change edits, and uses nothing of them.

It stands last in its folder. Where the row's own tests import a module before any test runs, it
does so at its top as well; else it imports inside its function, so that no earlier test finds the
module imported that would have been the first to import it.
"""

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

NAME = "test_zz_importer"
_NEVER = ("conftest.py", "setup.py", "__main__.py")

Texts = Mapping[str, str]
"""The text of each Python file, by its path."""


def importing_test(before: Texts, after: Texts) -> str:
    """Return the second bystander of a change, "" where it edits no module that can be imported."""
    edited = [path for path in before if path in after and before[path] != after[path]]
    modules = sorted(path for path in edited if _is_module(path))
    if not modules:
        return ""
    early = _imported_early(before)
    names = {path: _name(path, before) for path in modules}
    top = [f"import {names[path]}\n" for path in modules if path in early]
    late = [f"    import {names[path]}\n" for path in modules if path not in early]
    gap = "\n\n" if top else ""
    return f"{''.join(top)}{gap}def test_importer():\n{''.join(late)}    pass\n"


def _is_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    dotted = path.removesuffix(".py").split("/")
    return all(map(str.isidentifier, dotted)) and not _is_test(name) and name not in _NEVER


def _is_test(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py")


def _name(path: str, tree: Texts) -> str:
    """Return what the tree's own statements call a module, else its name below its top package."""
    called = {name for text in tree.values() for name in _absolute(_parsed(text))}
    dotted = _dotted(path)
    spelled = [name for name in called if f".{dotted}".endswith(f".{name}")]
    return max((*spelled, _below_package(path, tree)), key=len)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _below_package(path: str, tree: Texts) -> str:
    folder = PurePosixPath(path).parent
    while f"{folder}/__init__.py" in tree:
        folder = folder.parent
    return _dotted(path if str(folder) == "." else posixpath.relpath(path, folder))


def _imported_early(tree: Texts) -> set[str]:
    """Return the files whose import is done when the first test starts."""
    names = {path: path.rpartition("/")[2] for path in tree}
    waiting = [path for path, name in names.items() if _is_test(name) or name == "conftest.py"]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        for found in set(_targets(path, tree)) - seen:
            seen.add(found)
            waiting.append(found)
    return seen


def _targets(path: str, tree: Texts) -> Iterator[str]:
    """Return the files that a file's statements import, but for those inside its functions."""
    body = _outside_functions(_parsed(tree[path]))
    dotted = {_dotted(other): other for other in tree}
    names = {*_absolute(body), *_relative(body, path)}
    for name in names | {name.rpartition(".")[0] for name in names}:
        for whole, other in dotted.items():
            if name and f".{whole}".endswith(f".{name}"):
                yield other


def _parsed(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return []


def _outside_functions(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    held = list(nodes)
    inside = {id(sub) for node in held if isinstance(node, functions) for sub in ast.walk(node)}
    return [node for node in held if id(node) not in inside]


def _absolute(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _relative(nodes: Iterable[ast.AST], path: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.split("/")[: -node.level]
            base = ".".join([*folder, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
