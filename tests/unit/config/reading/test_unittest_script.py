"""Which tests a script hands to unittest."""

from __future__ import annotations

import pytest

from firsttry_tasks.config.reading import unittest_script


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("unittest.main()", ("tests/run.py",)),
        ("unittest.main(verbosity=2)", ("tests/run.py",)),
        ("unittest.main('shop.tests')", ("shop.tests.One",)),
        ("unittest.main(module=None)", ("One", "-v")),
        (
            "unittest.main(None, argv=sys.argv[:1] + ['discover', '-p', 'x*.py'])",
            ("discover", "-p", "x*.py"),
        ),
        ("unittest.main(None, argv=[sys.argv[0], 'a.b'] + sys.argv[1:])", ("a.b", "One", "-v")),
        ("import shop.tests as it\nunittest.main(it)", ("shop.tests.One",)),
        ("from . import more\nunittest.main(module=more)", ("tests.more.One",)),
        (
            "loader = unittest.defaultTestLoader\nloader.discover(pathlib.Path(__file__).parent)",
            ("discover", "-s", "tests"),
        ),
        (
            """
here = os.path.join(os.path.dirname(__file__), '..', 'a')
unittest.TestLoader().discover(start_dir=here, pattern='t_*.py')
""",
            ("discover", "-s", "a", "-p", "t_*.py"),
        ),
        ("unittest.TestLoader().loadTestsFromNames(['a.b', 'c'])", ("a.b", "c")),
        ("suite = unittest.makeSuite(Case)", ("tests/run.py",)),
        ("suite = unittest.TestLoader().loadTestsFromTestCase(Case)", ("tests/run.py",)),
        ("import a.b\nsuite = unittest.makeSuite(a.b.Case)", ("a.b.Case",)),
        ("unittest.TextTestRunner().run(suite())", ("tests/run.py",)),
        ("import a.b\nunittest.TestLoader().loadTestsFromModule(a.b)", ("a.b",)),
    ],
)
def test_a_call_is_read_as_words(body: str, words: tuple[str, ...]) -> None:
    """As they would stand after ``python -m unittest``."""
    text = f"import os, pathlib, sys, unittest\n{body}\n"
    assert unittest_script.asked(text, "tests/run.py", ("One", "-v")) == (words,)


@pytest.mark.parametrize("text", ["import unittest", "main()", "unittest.main(", "x.main()"])
def test_what_calls_nothing_says_nothing(text: str) -> None:
    """Also what Python can't read, and another program's main."""
    assert unittest_script.asked(text, "run.py", ()) == ()


def test_names_that_stand_for_each_other_end() -> None:
    """They say nothing."""
    text = "import unittest\na = b\nb = a\nunittest.TestLoader().discover(a)\n"
    assert unittest_script.asked(text, "run.py", ()) == (("discover",),)
