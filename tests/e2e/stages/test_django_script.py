"""A project's own script that sets Django up and runs its tests, with a stand-in for Django."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

#: What of Django the script and the tests use: settings, and a runner of unittest's tests.
DJANGO = {
    "django/__init__.py": "",
    "django/conf.py": """\
class Settings:
    def configure(self, **values):
        vars(self).update(values)

settings = Settings()
""",
    "django/test/__init__.py": "",
    "django/test/runner.py": """\
import unittest

class DiscoverRunner:
    def build_suite(self, labels):
        return unittest.defaultTestLoader.loadTestsFromNames(labels)

    def run_tests(self, labels):
        self.setup_test_environment()
        done = unittest.TextTestRunner().run(self.build_suite(labels))
        return 0 if done.wasSuccessful() else 1

    def setup_test_environment(self):
        pass

    def setup_databases(self):
        pass
""",
}
SCRIPT = """\
import sys

from django.conf import settings
from django.test.runner import DiscoverRunner

settings.configure(TAX=2 if "--two" in sys.argv else 3)
sys.exit(DiscoverRunner().run_tests(["checks.test_late", "checks.test_early"]))
"""
LATE = """\
import unittest

import django.conf
from shop import tax

class LateTest(unittest.TestCase):
    def test_tax(self):
        self.assertEqual(tax(10), django.conf.settings.TAX)
        django.conf.settings.left = True
"""
EARLY = """\
import unittest

import django.conf

class EarlyTest(unittest.TestCase):
    def test_what_another_one_left(self):
        self.assertTrue(django.conf.settings.left)
"""
OWN = ("python", "runtests.py", "--two")


@pytest.fixture(name="site")
def _site(shop: Checkout) -> Checkout:
    shop.git("rm", "-rqf", "tests")
    for name, text in DJANGO.items():
        shop.write(name, text)
    shop.write("pytest_django.py", "")
    shop.write("checks/__init__.py", "")
    shop.write("checks/test_early.py", EARLY)
    shop.write("checks/test_late.py", LATE)
    shop.write("runtests.py", SCRIPT)
    shop.write("Makefile", "test:\n\tpython runtests.py --two\n")
    shop.write("pyproject.toml", TESTS_ONLY)
    shop.commit()
    return shop


def test_the_tests_of_a_script_are_run(site: Checkout) -> None:
    """With its settings, in the order of Django's runner, and red where the script is red."""
    own, first = site.run(*OWN), site.run("doit", "warm")
    assert (own.code, first.code, "2 of 2 tests" in first.out) == (0, 0, True), first.out
    site.write("shop.py", CODE.replace("n // 5", "n // 2"))
    broken, second = site.run(*OWN), site.run("doit", "warm")
    assert (broken.code, second.code) == (1, 1), second.out
    assert "tests:checks/test_late.py::LateTest::test_tax" in site.failed(), second.out


def test_an_edit_of_the_script_is_a_change(site: Checkout) -> None:
    """Its settings are what the tests rest on."""
    site.run("doit", "warm")
    site.write("runtests.py", SCRIPT.replace('2 if "--two"', '4 if "--two"'))
    done = site.run("doit", "warm")
    assert done.code == 1, done.out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pytest_django.py", "raise ImportError('no')\n", "pip install pytest-django"),
        ("runtests.py", SCRIPT.replace("sys.exit(", "sys.exit(0)  # ("), "Configure Django in"),
    ],
)
def test_what_cannot_be_followed_says_what_to_write(
    site: Checkout, name: str, text: str, said: str
) -> None:
    """And is not green."""
    site.write(name, text)
    done = site.run("doit", "warm")
    assert (done.code, said in done.out) == (2, True), done.out
