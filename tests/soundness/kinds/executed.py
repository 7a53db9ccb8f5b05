"""Text that is put together and executed: it names what no code names."""

from __future__ import annotations

from tests.soundness.case import room, swap

_room = room("text that is executed")
#: What a test executes that another test of the process has imported.
_TREE = """
    --- shop.py
    RATE = 3
    def price(n, rate=4):
        return n * rate
    class Wall:
        size = 5
    --- test_first.py
    import shop
    def test_first():
        assert shop
    --- test_text.py
"""
_RATE, _PRICE, _WALL = ("RATE = 3", "RATE = 2"), ("rate=4", "rate=5"), ("size = 5", "size = 6")

CASES = (
    _room(
        "import-in-text-that-is-executed",
        f"""{_TREE}
    def test_text():
        space = {{}}
        exec("from sh" + "op import RA" + "TE", space)
        assert space["RA" + "TE"] == 3
        """,
        swap("shop.py", *_RATE),
        quick=True,
    ),
    _room(
        "name-in-text-that-is-evaluated",
        f"""{_TREE}
    import shop
    def test_text():
        assert eval("RA" + "TE + 1", vars(shop)) == 4
        """,
        swap("shop.py", *_RATE),
    ),
    _room(
        "import-by-a-name-in-text-that-is-evaluated",
        f"""{_TREE}
    def test_text():
        assert eval("__imp" + "ort__('sh' + 'op').RA" + "TE") == 3
        """,
        swap("shop.py", *_RATE),
    ),
    _room(
        "attribute-of-a-class-in-text-that-is-executed",
        f"""{_TREE}
    def test_text():
        space = {{}}
        exec("import shop as it\\ndef si" + "ze():\\n return it.Wall.si" + "ze", space)
        assert space["si" + "ze"]() == 5
        """,
        swap("shop.py", *_WALL),
    ),
    _room(
        "default-in-text-that-a-fixture-executes",
        f"""{_TREE}
    import pytest
    @pytest.fixture(scope="module")
    def made():
        space = {{}}
        exec("import shop\\nFOUND = getattr(shop, 'RA' + 'TE'), shop.RA" + "TE", space)
        return space
    def test_text(made):
        assert made["FOUND"] == (3, 3)
        """,
        swap("shop.py", *_RATE),
    ),
    _room(
        "example-of-a-file-that-a-test-executes",
        """
        --- shop.py
        RATE = 3
        --- test_first.py
        import shop
        def test_first():
            assert shop
        --- guide.rst
        .. code::

            from shop import RATE
            assert RATE == 3
        --- test_text.py
        from pathlib import Path
        def test_text():
            lines = Path("guide.rst").read_text().split("::")[1].splitlines()
            exec("\\n".join(it.strip() for it in lines), {})
        """,
        swap("shop.py", *_RATE),
    ),
    _room(
        "text-that-a-library-executes",
        """
        --- shop.py
        RATE = 3
        --- test_first.py
        import shop
        def test_first():
            assert shop
        --- test_text.py
        import timeit
        def test_text():
            found = []
            timeit.timeit("add(shop.RA" + "TE)", "import sh" + "op",
                          number=1, globals={"add": found.append})
            assert found == [3]
        """,
        swap("shop.py", *_RATE),
    ),
    _room(
        "text-that-a-module-executes",
        """
        --- shop.py
        RATE = 3
        --- table.py
        import shop
        exec("TAB" + "LE = shop.RA" + "TE")
        --- test_text.py
        import shop, table
        def test_text():
            assert getattr(table, "TAB" + "LE") == 3
        """,
        swap("shop.py", *_RATE),
    ),
)
