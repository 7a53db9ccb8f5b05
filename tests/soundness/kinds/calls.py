"""Calls whose function never starts to run: what they rest on is its signature and its kind."""

from tests.soundness.case import Case, room, swap

case = room("calls that never start")


def _call(name: str, before: str, after: str, test: str) -> Case:
    tree = f"""
    --- mod.py
    {before}
    --- test_mod.py
    import pytest
    import mod
    def test_mod():
        {test}
    """
    return case(name, tree, swap("mod.py", before, after))


_REFUSED = "with pytest.raises(TypeError): mod.f(1)"

CASES = (
    _call("too-few-arguments", "def f(a, b): pass", "def f(a): pass", _REFUSED),
    _call("too-many-arguments", "def f(): pass", "def f(a): pass", _REFUSED),
    _call("a-default-added", "def f(a, b): pass", "def f(a, b=1): pass", _REFUSED),
    _call("keyword-only-no-more", "def f(*, a): pass", "def f(a): pass", _REFUSED),
    _call("any-arguments", "def f(): pass", "def f(*a): pass", _REFUSED),
    _call(
        "keyword-renamed",
        "def f(*, b): pass",
        "def f(*, a): pass",
        "with pytest.raises(TypeError): mod.f(a=1)",
    ),
    _call("generator-never-begun", "def f(a): yield a", "def f(a, b): yield a", "assert mod.f(1)"),
    _call(
        "function-made-a-generator", "def f(a): yield a", "def f(a): return 0", "assert mod.f(1)"
    ),
    _call(
        "coroutine-never-awaited",
        "async def f(a): pass",
        "async def f(a, b): pass",
        "mod.f(1).close()",
    ),
    _call("coroutine-no-more", "async def f(a): pass", "def f(a): pass", "mod.f(1).close()"),
    _call(
        "async-generator-never-begun",
        "async def f(a): yield",
        "async def f(): yield",
        "assert mod.f(1)",
    ),
    case(
        "constructor-that-refuses",
        """
        --- mod.py
        class C:
            def __init__(self):
                self.a = 1
        --- test_mod.py
        import pytest
        import mod
        def test_mod():
            with pytest.raises(TypeError):
                mod.C(1)
        """,
        swap("mod.py", "(self)", "(self, a=1)"),
    ),
    case(
        "method-that-refuses",
        """
        --- mod.py
        class C:
            def f(self):
                return 1
        --- test_mod.py
        import pytest
        import mod
        def test_mod():
            with pytest.raises(TypeError):
                mod.C().f(1)
        """,
        swap("mod.py", "(self)", "(self, a=1)"),
    ),
    case(
        "method-that-never-starts",
        """
        --- mod.py
        class C:
            def f(self, a):
                yield a
        --- test_mod.py
        import mod
        def test_mod():
            assert mod.C().f(1)
        """,
        swap("mod.py", "(self, a)", "(self)"),
    ),
    case(
        "inner-function-that-refuses",
        """
        --- mod.py
        def outer():
            def inner(a):
                yield a
            return inner
        --- test_mod.py
        import mod
        def test_mod():
            assert mod.outer()(1)
        """,
        swap("mod.py", "inner(a)", "inner()"),
    ),
    case(
        "generator-that-decorates-and-never-runs",
        """
        --- mod.py
        import contextlib
        @contextlib.contextmanager
        def quiet(a):
            yield a
        --- lib.py
        import mod
        def f():
            @mod.quiet(1)
            def g():
                return 1
            return g
        --- test_mod.py
        import lib
        def test_mod():
            assert lib.f()
        """,
        swap("mod.py", "quiet(a)", "quiet()"),
    ),
)
