"""Tests that look for other tests, with unittest's loader."""

from tests.soundness.case import append, room

_room = room("tests of tests")

_CHECKS = """
    --- checks/check_one.py
    import unittest
    class Check(unittest.TestCase):
        def test_one(self):
            assert True
    --- test_checks.py
    import sys
    import unittest
    sys.path.insert(0, "checks")
"""
_FAILS = "    def test_two(self):\n        assert False\n"
_MORE = append("checks/check_one.py", _FAILS)
_RUN = "assert unittest.TextTestRunner().run(suite).wasSuccessful()"

CASES = (
    _room(
        "suite-that-a-test-discovers",
        f"""{_CHECKS}
    def test_checks():
        suite = unittest.TestLoader().discover("checks", "check_*.py")
        {_RUN}
        """,
        _MORE,
        quick=True,
    ),
    _room(
        "suite-of-a-module-by-its-name",
        f"""{_CHECKS}
    def test_checks():
        suite = unittest.TestLoader().loadTestsFromName("check_" + "one")
        {_RUN}
        """,
        _MORE,
    ),
    _room(
        "suite-of-a-module",
        f"""{_CHECKS}
    import check_one
    def test_checks():
        suite = unittest.TestLoader().loadTestsFromModule(check_one)
        {_RUN}
        """,
        _MORE,
    ),
    _room(
        "suite-of-a-class",
        f"""{_CHECKS}
    from check_one import Check
    def test_checks():
        suite = unittest.TestLoader().loadTestsFromTestCase(Check)
        {_RUN}
        """,
        _MORE,
    ),
    _room(
        "suite-that-a-program-runs",
        f"""{_CHECKS}
    def test_checks():
        done = unittest.main("check_one", argv=["x"], exit=False)
        assert done.result.wasSuccessful()
        """,
        _MORE,
    ),
)
