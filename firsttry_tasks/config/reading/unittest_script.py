"""Reads which tests a script of a project's own hands to unittest, as its command line says it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.model.source.quietly import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

Words = tuple[str, ...]
#: The module, and what it calls the program that runs tests.
MODULE, MAIN = "unittest", "main"
#: What a loader is asked for, and the options of discovery in the order of its arguments.
DISCOVER = {"start_dir": "-s", "pattern": "-p", "top_level_dir": "-t"}
BY_NAME = frozenset({"loadTestsFromName", "loadTestsFromNames", "loadTestsFromModule"})
BY_CLASS = frozenset({"loadTestsFromTestCase", "makeSuite"})
#: What runs a suite, however it was made.
RUNNER = "TextTestRunner"
#: What makes a suite of a module's doctests.
DOCTESTS = "DocTestSuite"
#: What gives a path as it is, and what gives the folder that it lies in.
SAME = frozenset({"abspath", "realpath", "normpath", "Path", "str", "resolve", "absolute"})
FOLDER = frozenset({"dirname", "parent"})
HERE = frozenset({"getcwd", "cwd"})
#: How deep values stand for others; more is a circle.
DEEP = 20


class Script(Struct, frozen=True, kw_only=True):
    """A script: its path, the words after it, the dotted names of its imports, and its values."""

    tree: ast.Module
    path: str
    args: Words
    imports: Mapping[str, str]
    values: Mapping[str, ast.expr]


def doctests(text: str, path: str) -> Words:
    """Return the modules whose doctests a script adds to its suite, as far as it names them."""
    script = _read(text, path, ())
    if script is None:
        return ()
    firsts = (it.args[:1] for it in _calls(script) if _name(it) == DOCTESTS)
    named = (_text(script, it[0]) or _module(script, it[0]) if it else path for it in firsts)
    return tuple(dict.fromkeys(filter(None, named)))


def asked(text: str, path: str, args: Words) -> tuple[Words, ...]:
    """Return the calls of unittest that a script makes, each as words after ``-m unittest``.

    ``path`` is where the script lies in the project, ``args`` what its own command line says.
    """
    script = _read(text, path, args)
    if script is None:
        return ()
    calls = _calls(script)
    loaded = tuple(dict.fromkeys(filter(None, (_loaded(script, it) for it in calls))))
    runs = any(_name(it) == RUNNER for it in calls)
    # A suite of classes that it names one by one is made of its own as a rule.
    own = ((path,),) if runs else ()
    return loaded or tuple(_main(script, it) for it in calls if _is_main(script, it)) or own


def _read(text: str, path: str, args: Words) -> Script | None:
    """Return a script that has to do with unittest; None for another one."""
    if MODULE not in text:
        return None
    try:
        tree = parsed(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    imports, values = dict(_imports(tree)), dict(_values(tree))
    return Script(tree=tree, path=path, args=args, imports=imports, values=values)


def _calls(script: Script) -> list[ast.Call]:
    return [it for it in ast.walk(script.tree) if isinstance(it, ast.Call)]


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for it in node.names:
                top = it.name.partition(".")[0]
                yield (it.asname, it.name) if it.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            for it in node.names:
                yield it.asname or it.name, f"{'.' * node.level}{node.module or ''}.{it.name}"


def _values(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what names are set to, wherever that is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _dotted(script: Script, node: ast.expr) -> str:
    """Return the dotted name of what was imported, "" for anything else."""
    if isinstance(node, ast.Attribute):
        around = _dotted(script, node.value)
        return f"{around}.{node.attr}" if around else ""
    return script.imports.get(node.id, "") if isinstance(node, ast.Name) else ""


def _is_main(script: Script, call: ast.Call) -> bool:
    return _dotted(script, call.func) == f"{MODULE}.{MAIN}"


def _main(script: Script, call: ast.Call) -> Words:
    """Return the words of one call of unittest's program."""
    given = _given(call, ("module", "defaultTest", "argv"))
    words = _listed(script, given["argv"])[1:] if "argv" in given else script.args
    named = [it for it in words if it[:1] != "-"]
    module = given.get("module")
    if isinstance(module, ast.Constant) and module.value is None:
        return words
    name = (_text(script, module) or _module(script, module)) if module else ""
    own = name if name and name != "__main__" else script.path
    # Of a file that is started by its path no class has a name that can be said.
    return tuple(f"{own}.{it}" for it in named) if named and own != script.path else (own,)


def _loaded(script: Script, call: ast.Call) -> Words:
    """Return the words of what a loader is asked for; none where the call asks none."""
    name = _name(call)
    if name == "discover":
        given = _given(call, tuple(DISCOVER))
        pairs = ((option, given.get(key)) for key, option in DISCOVER.items())
        known = ((option, _text(script, it)) for option, it in pairs if it is not None)
        return ("discover", *(word for pair in known if pair[1] for word in pair))
    if name in BY_NAME and call.args:
        first = call.args[0]
        text = _text(script, first) or _module(script, first)
        return (text,) if text else _listed(script, first)
    return (_module(script, call.args[0]) or script.path,) if name in BY_CLASS and call.args else ()


def _name(call: ast.Call) -> str:
    """Return the last name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _module(script: Script, node: ast.expr) -> str:
    """Return the name of a module that was imported, from the folder of the script if need be."""
    name = _dotted(script, node)
    beside = posixpath.dirname(script.path).replace("/", ".")
    return f"{beside}.{name.lstrip('.')}".strip(".") if name.startswith(".") else name


def _given(call: ast.Call, names: Words) -> dict[str, ast.expr]:
    """Return the arguments of a call by their names."""
    by_name = {it.arg: it.value for it in call.keywords if it.arg in names}
    return {**dict(zip(names, call.args, strict=False)), **by_name}


def _listed(script: Script, node: ast.expr, deep: int = 0) -> Words:
    """Return the texts of a list; what is not known in it is left out, but for its first word."""
    if isinstance(node, ast.Name) and node.id in script.values and deep < DEEP:
        return _listed(script, script.values[node.id], deep + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (*_listed(script, node.left, deep), *_listed(script, node.right, deep))
    if isinstance(node, (ast.List, ast.Tuple)):
        found = [_text(script, it) for it in node.elts]
        return tuple(it for at, it in enumerate(found) if it or not at)
    if isinstance(node, ast.Subscript) and _dotted(script, node.value) == "sys.argv":
        starts = isinstance(node.slice, ast.Slice) and node.slice.lower is not None
        return script.args if starts else ("",)
    return ("", *script.args) if _dotted(script, node) == "sys.argv" else ()


def _text(script: Script, node: ast.expr | None, deep: int = 0) -> str:
    """Return a text or path as far as the script itself says it, "" where it does not."""
    found = ""
    if deep > DEEP:
        return found
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = node.value
    elif isinstance(node, ast.Name):
        value = script.values.get(node.id)
        found = script.path if node.id == "__file__" else _text(script, value, deep + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        found = _path(_text(script, node.left, deep + 1), _text(script, node.right, deep + 1))
    elif isinstance(node, ast.Attribute) and node.attr in FOLDER:
        found = _up(_text(script, node.value, deep + 1))
    elif isinstance(node, ast.Call):
        found = _made(script, node, deep + 1)
    return found


def _made(script: Script, call: ast.Call, deep: int) -> str:
    """Return the path that a call gives."""
    function, name = call.func, _name(call)
    name = script.imports.get(name, name).rpartition(".")[2]
    parts = [_text(script, it, deep) for it in call.args]
    if name in HERE:
        return "."
    if name == "join":
        return _path(*parts)
    if name in SAME:
        method = function.value if isinstance(function, ast.Attribute) and not call.args else None
        return parts[0] if parts else _text(script, method, deep)
    return _up(parts[0]) if name in FOLDER and parts else ""


def _up(path: str) -> str:
    return (posixpath.dirname(path) or ".") if path and path != "." else ""


def _path(*parts: str) -> str:
    return posixpath.normpath(posixpath.join(*parts)) if all(parts) else ""
