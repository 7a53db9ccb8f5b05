"""Names a module binds when it is imported: constants, tables, enums, texts."""

from tests.soundness.case import append, room, swap

case = room("module-level value")

_USER = """
    --- shop.py
    from rates import RATE
    def price(n):
        return n * RATE
    --- rates.py
    RATE = 3
    --- test_shop.py
    from shop import price
    def test_price():
        assert price(2) == 6
"""

CASES = (
    case(
        "constant-a-test-imports",
        """
        --- rates.py
        RATE = 3
        --- test_rates.py
        from rates import RATE
        def test_rate():
            assert RATE == 3
        """,
        swap("rates.py", "3", "4"),
        quick=True,
    ),
    case(
        "constant-a-test-reaches-by-its-module",
        """
        --- rates.py
        RATE = 3
        --- test_rates.py
        import rates
        def test_rate():
            assert rates.RATE == 3
        """,
        swap("rates.py", "3", "4"),
    ),
    case("constant-of-another-module", _USER, swap("rates.py", "3", "4")),
    case(
        "constant-of-the-same-module",
        """
        --- shop.py
        RATE = 3
        def price(n):
            return n * RATE
        --- test_shop.py
        from shop import price
        def test_price():
            assert price(2) == 6
        """,
        swap("shop.py", "3", "4"),
    ),
    case("constant-bound-again-at-the-end", _USER, append("rates.py", "RATE += 1\n")),
    case("constant-deleted-at-the-end", _USER, append("rates.py", "del RATE\n")),
    case("constant-renamed", _USER, swap("rates.py", "RATE", "RATES")),
    case(
        "constant-derived-through-three-modules",
        """
        --- one.py
        BASE = 1
        --- two.py
        from one import BASE
        NEXT = BASE + 1
        --- three.py
        import two
        LAST = two.NEXT * 10
        --- test_three.py
        import three
        def test_last():
            assert three.LAST == 20
        """,
        swap("one.py", "1", "2"),
    ),
    case(
        "constant-under-another-name",
        """
        --- one.py
        BASE = 1
        --- two.py
        import one as first
        def peek():
            return getattr(first, "BA" + "SE")
        --- test_two.py
        from two import peek
        def test_peek():
            assert peek() == 1
        """,
        swap("one.py", "1", "2"),
    ),
    case(
        "constant-through-globals",
        """
        --- one.py
        LIMIT_A = 1
        LIMIT_B = 2
        def limits():
            return [v for k, v in globals().items() if k.startswith("LIMIT_")]
        --- test_one.py
        from one import limits
        def test_limits():
            assert sum(limits()) == 3
        """,
        append("one.py", "LIMIT_C = 3\n"),
    ),
    case(
        "constant-set-by-another-module",
        """
        --- state.py
        MODE = "slow"
        --- patch.py
        import state
        state.MODE = "fast"
        --- test_state.py
        import patch
        import state
        def test_mode():
            assert state.MODE == "fast"
        """,
        swap("patch.py", '"fast"', '"faster"'),
    ),
)
