"""Edits inside a function, each a way in which the text of its block may look unchanged."""

from tests.soundness.case import Case, room, swap

case = room("function body")


def _body(name: str, before: str, after: str, test: str, **rest: object) -> Case:
    """Return the case of a module whose `before` becomes `after`, and one test line."""
    text = before.strip("\n").replace("\n", "\n    ")
    tree = f"""
    --- mod.py
    {text}
    --- test_mod.py
    import pytest
    import mod
    def test_mod():
        {test}
    """
    return case(name, tree, swap("mod.py", before.strip("\n"), after.strip("\n")), **rest)


_IF = """
def f(x):
    out = []
    if x:
        out.append(1)
        out.append(2)
    else:
        out.append(3)
    return out
"""
_ELSE = _IF.replace("        out.append(2)\n    else:\n", "    else:\n        out.append(2)\n")

_TRY = """
def f(n):
    out = []
    try:
        try:
            out.append(1 // n)
        except ValueError:
            pass
        else:
            out.append(2)
            out.append(4)
        finally:
            out.append(3)
    except ArithmeticError:
        pass
    return out
"""
_FINALLY = _TRY.replace(
    "            out.append(4)\n        finally:\n",
    "        finally:\n            out.append(4)\n",
)

_LOOP = """
def f(n):
    total = 0
    for i in range(n):
        total += i
        total *= 2
    return total
"""

_LOOP_ELSE = """
def f(xs):
    n = 0
    for x in xs:
        n *= 2
        n += 1
    else:
        n *= 7
    return n
"""

CASES = (
    _body(
        "constant",
        "def f():\n    return 1",
        "def f():\n    return 2",
        "assert mod.f() == 1",
    ),
    _body(
        "condition",
        "def f(n):\n    return n > 1",
        "def f(n):\n    return n >= 1",
        "assert not mod.f(1)",
    ),
    _body(
        "type-of-a-constant",
        "def f():\n    return 1",
        "def f():\n    return True",
        "assert mod.f() is not True",
    ),
    _body(
        "float-for-an-int",
        "def f():\n    return 1",
        "def f():\n    return 1.0",
        "assert isinstance(mod.f(), int)",
    ),
    _body(
        "bytes-for-a-text",
        "def f():\n    return 'a'",
        "def f():\n    return b'a'",
        "assert mod.f() == 'a'",
    ),
    _body("statement-moved-from-if-to-else", _IF, _ELSE, "assert mod.f(1) == [1, 2]"),
    _body("statement-moved-from-else-to-finally", _TRY, _FINALLY, "assert mod.f(0) == [3]"),
    _body(
        "positional-only-marker-moved",
        "def f(a, /, b, c):\n    return a + b + c",
        "def f(a, b, /, c):\n    return a + b + c",
        "assert mod.f(1, b=2, c=3) == 6",
    ),
    _body(
        "line-moved-from-a-loop-to-its-else",
        _LOOP_ELSE,
        _LOOP_ELSE.replace("        n += 1\n    else:\n", "    else:\n        n += 1\n"),
        "assert mod.f([1, 2]) == 21",
    ),
    _body(
        "keyword-only-marker-moved",
        "def f(a, *, b=1, c=1):\n    return a",
        "def f(a, b=1, *, c=1):\n    return a",
        "assert not pytest.raises(TypeError, mod.f, 1, 2) is None",
    ),
    _body(
        "line-moved-out-of-a-loop",
        _LOOP,
        _LOOP.replace("        total *= 2", "    total *= 2"),
        "assert mod.f(3) == 8",
    ),
    _body(
        "star-moved-from-one-name-to-another",
        "def f(v):\n    a, *b = v\n    return a, b",
        "def f(v):\n    *a, b = v\n    return a, b",
        "assert mod.f([1, 2]) == (1, [2])",
    ),
    _body(
        "comparison-turned-round",
        "def f(a, b):\n    return a < b",
        "def f(a, b):\n    return b < a",
        "assert mod.f(1, 2)",
    ),
    _body(
        "brackets-moved",
        "def f(a, b, c):\n    return a - b - c",
        "def f(a, b, c):\n    return a - (b - c)",
        "assert mod.f(3, 2, 1) == 0",
    ),
    _body(
        "format-of-a-text",
        "def f(n):\n    return f'{n:.1f}'",
        "def f(n):\n    return f'{n:.2f}'",
        "assert mod.f(1) == '1.0'",
    ),
    _body(
        "conversion-in-a-text",
        "def f(n):\n    return f'{n}'",
        "def f(n):\n    return f'{n!r}'",
        "assert mod.f('a') == 'a'",
    ),
    _body(
        "whitespace-inside-a-text",
        "def f():\n    return 'a b'",
        "def f():\n    return 'a  b'",
        "assert mod.f() == 'a b'",
    ),
    _body(
        "function-inside-a-function",
        "def f():\n    def g():\n        return 1\n    return g()",
        "def f():\n    def g():\n        return 2\n    return g()",
        "assert mod.f() == 1",
    ),
    _body(
        "function-becomes-a-generator",
        "def f():\n    return [1]",
        "def f():\n    yield 1",
        "assert mod.f() == [1]",
    ),
    _body(
        "function-becomes-a-coroutine",
        "def f():\n    return 1",
        "async def f():\n    return 1",
        "assert mod.f() == 1",
    ),
    _body(
        "global-becomes-local",
        "n = 0\ndef f():\n    global n\n    n = 1",
        "n = 0\ndef f():\n    n = 1",
        "assert mod.f() is None and mod.n == 1",
    ),
    _body(
        "nonlocal-becomes-local",
        "def f(n=0):\n    def g():\n        nonlocal n\n        n = 1\n    g()\n    return n",
        "def f(n=0):\n    def g():\n        n = 1\n    g()\n    return n",
        "assert mod.f() == 1",
    ),
    _body("return-removed", "def f():\n    return 1", "def f():\n    1", "assert mod.f() == 1"),
    _body(
        "exception-no-longer-caught",
        "def f():\n    try:\n        return 1 / 0\n    except ArithmeticError:\n        return 0",
        "def f():\n    try:\n        return 1 / 0\n    except ValueError:\n        return 0",
        "assert mod.f() == 0",
    ),
    _body(
        "method-of-a-class",
        "class A:\n    def f(self):\n        return 1\ndef f():\n    return A().f()",
        "class A:\n    def f(self):\n        return 2\ndef f():\n    return A().f()",
        "assert mod.f() == 1",
    ),
    _body(
        "two-functions-swap-their-names",
        "def f():\n    return 1\ndef g():\n    return 2",
        "def g():\n    return 1\ndef f():\n    return 2",
        "assert mod.f() == 1",
    ),
    _body(
        "second-definition-of-the-same-name",
        "def f():\n    return 1\nx = 0",
        "def f():\n    return 1\ndef f():\n    return 2",
        "assert mod.f() == 1",
    ),
    _body(
        "lambda-in-a-function",
        "def f():\n    return sorted([1, 2], key=lambda n: n)",
        "def f():\n    return sorted([1, 2], key=lambda n: -n)",
        "assert mod.f() == [1, 2]",
    ),
    _body(
        "comprehension",
        "def f():\n    return [n for n in range(3) if n]",
        "def f():\n    return [n for n in range(3)]",
        "assert mod.f() == [1, 2]",
    ),
    _body(
        "pattern-of-a-match",
        "def f(v):\n    match v:\n        case [a, _]:\n            return a\n    return 0",
        "def f(v):\n    match v:\n        case [_, a]:\n            return a\n    return 0",
        "assert mod.f([1, 2]) == 1",
    ),
    _body(
        "annotation-that-was-a-value",
        "def f():\n    n = 1\n    return n",
        "def f():\n    n: 1\n    return n",
        "assert mod.f() == 1",
    ),
    _body(
        "future-that-changes-annotations",
        "class A:\n    n: int\ndef f():\n    return A.__annotations__['n']",
        "from __future__ import annotations\nclass A:\n    n: int\n"
        "def f():\n    return A.__annotations__['n']",
        "assert mod.f() is int",
    ),
    _body(
        "future-that-changes-annotations-of-a-class-in-a-function",
        "def f():\n    class A:\n        n: int\n    return A.__annotations__['n']",
        "from __future__ import annotations\ndef f():\n    class A:\n        n: int\n"
        "    return A.__annotations__['n']",
        "assert mod.f() is int",
    ),
    _body(
        "name-that-now-hides-a-builtin",
        "def f(v):\n    return len(v)",
        "def len(v):\n    return 0\ndef f(v):\n    return len(v)",
        "assert mod.f('a') == 1",
    ),
)
