"""What a test left that can be compared with what it leaves now, and the ways to be mistaken."""

from __future__ import annotations

from tests.soundness.case import drop, room, swap

_room = room("left, and compared", rerun=True)
#: What was recorded tells enough.
_told = room("left, and compared")
_SHOP = """
    --- shop.py
    CURRENT = {"price": 0}
    TAKEN = []
    class Till:
        open = None
    def price():
        return 1
    def take(thing):
        TAKEN.append(thing)
"""
_PRICE = swap("shop.py", "return 1", "return 2")

_HELD = """
    --- shop.py
    class Table(dict):
        pass
    class Row(list):
        pass
    {table}
    def price():
        return 1
    --- test_shop.py
    import shop
    def test_sets():
        price = shop.price()
        {sets}
    def test_asks():
        assert {asks}
"""


def _held(table: str, sets: str, asks: str) -> str:
    return _HELD.replace("{table}", table).replace("{sets}", sets).replace("{asks}", asks)


CASES = (
    _room(
        "another-value-in-an-heir-of-a-mapping",
        _held(
            "TABLE = Table(price=0)",
            "shop.TABLE['price'] = price",
            "shop.TABLE['price'] == 1",
        ),
        _PRICE,
    ),
    _room(
        "another-entry-in-an-heir-of-a-list",
        _held("TABLE = Row([0, 1])", "shop.TABLE[0] = price", "shop.TABLE[0] == 1"),
        _PRICE,
    ),
    _room(
        "in-a-container-in-an-heir-of-a-mapping",
        _held(
            "TABLE = Table(prices=[0])",
            "shop.TABLE['prices'][0] = price",
            "shop.TABLE['prices'] == [1]",
        ),
        _PRICE,
    ),
    _room(
        "another-value-in-a-large-table",
        _held(
            "TABLE = dict.fromkeys(range(500), 0)",
            "shop.TABLE[400] = price",
            "shop.TABLE[400] == 1",
        ),
        _PRICE,
    ),
    _room(
        "another-key-for-the-same-value",
        _held(
            "TABLE = {'old': None}",
            "shop.TABLE[f'key {price}'] = shop.TABLE.pop('old')",
            "'key 1' in shop.TABLE",
        ),
        _PRICE,
    ),
    _room(
        "another-member-of-a-set",
        _held(
            "TABLE = {'old'}",
            "shop.TABLE.remove('old'); shop.TABLE.add(f'key {price}')",
            "'key 1' in shop.TABLE",
        ),
        _PRICE,
    ),
    _room(
        "added-by-an-earlier-test-than-the-one-that-adds-it-too",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_first():
        assert shop.price()
    def test_asks():
        assert shop.TAKEN == []
    def test_adds():
        shop.take("apple")
        """,
        swap("test_shop.py", "assert shop.price()", "shop.take('apple')"),
    ),
    _room(
        "set-to-what-another-test-sets-it-to-as-well",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_sets():
        shop.CURRENT["price"] = shop.price()
    def test_asks():
        assert shop.CURRENT["price"] == 1
    def test_sets_the_other():
        shop.CURRENT["price"] = 2
        """,
        _PRICE,
    ),
    _room(
        "attribute-of-a-class-set-to-what-another-test-sets-it-to",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_opens():
        shop.Till.open = {"with": shop.price()}
    def test_asks():
        assert shop.Till.open == {"with": 1}
    def test_opens_the_other():
        shop.Till.open = {"with": 2}
        """,
        _PRICE,
    ),
    _room(
        "set-no-more-by-the-first-and-later-by-another",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_sets():
        if shop.price() == 1:
            shop.CURRENT["price"] = 7
    def test_asks():
        assert shop.CURRENT["price"] == 7
    def test_sets_it_again():
        shop.CURRENT["price"] = 0
        assert shop.price()
        shop.CURRENT["price"] = 7
        """,
        _PRICE,
    ),
    _room(
        "added-with-another-value",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_takes():
        shop.take({"price": [shop.price()]})
    def test_asks():
        assert {"price": [1]} in shop.TAKEN
        """,
        _PRICE,
    ),
    _room(
        "added-no-more",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_takes():
        if shop.price() == 1:
            shop.take("apple")
    def test_asks():
        assert "apple" in shop.TAKEN
        """,
        _PRICE,
    ),
    _room(
        "left-by-one-of-many-that-end-between-two-looks",
        _SHOP
        + """
    --- test_shop.py
    import pytest, shop
    @pytest.mark.parametrize("n", range(400))
    def test_quick(n):
        assert n >= 0
        shop.TAKEN.append(n) if n == 200 else None
    @pytest.mark.parametrize("n", range(400))
    def test_takes(n):
        if n == 300 and shop.price() == 1:
            shop.CURRENT["price"] = 3
    def test_asks():
        assert shop.CURRENT["price"] == 3
        """,
        _PRICE,
    ),
    _room(
        "left-by-a-test-that-is-skipped-now",
        _SHOP
        + """
    --- test_shop.py
    import pytest, shop
    def test_takes():
        if shop.price() == 2:
            pytest.skip("too dear")
        shop.take("apple")
    def test_asks():
        assert "apple" in shop.TAKEN
        """,
        _PRICE,
    ),
    _told(
        "left-by-a-test-that-is-deleted",
        _SHOP
        + """
    --- test_first.py
    import shop
    def test_takes():
        shop.take("apple")
    def test_nothing():
        assert True
    --- test_shop.py
    import shop
    def test_asks():
        assert "apple" in shop.TAKEN
        """,
        swap("test_first.py", 'def test_takes():\n    shop.take("apple")\n', ""),
    ),
    _told(
        "left-by-a-test-whose-file-is-deleted",
        _SHOP
        + """
    --- test_first.py
    import shop
    def test_takes():
        shop.take("apple")
    --- test_shop.py
    import shop
    def test_asks():
        assert "apple" in shop.TAKEN
        """,
        drop("test_first.py"),
    ),
    _room(
        "left-under-a-parameter-that-is-taken-away",
        _SHOP
        + """
    --- test_first.py
    import pytest, shop
    @pytest.mark.parametrize("thing", ["pear", "apple"])
    def test_takes(thing):
        shop.take(thing)
    --- test_shop.py
    import shop
    def test_asks():
        assert "apple" in shop.TAKEN
        """,
        swap("test_first.py", '["pear", "apple"]', '["pear"]'),
    ),
    _room(
        "object-of-a-class-made-in-a-test-that-holds-another-value",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_takes():
        class Basket:
            holds = shop.price()
            def __init__(self):
                self.inner = [shop.price()]
        shop.CURRENT["basket"] = Basket()
    def test_asks():
        assert shop.CURRENT["basket"].holds == 1
        """,
        _PRICE,
    ),
    _room(
        "function-made-in-a-test-over-another-value",
        _SHOP
        + """
    --- test_shop.py
    import shop
    def test_takes():
        value = shop.price()
        def ask():
            return value
        shop.CURRENT["ask"] = ask
    def test_asks():
        assert shop.CURRENT["ask"]() == 1
        """,
        _PRICE,
    ),
)
