"""A selected test that leaves something else behind takes along those who use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

TREE = {
    "pyproject.toml": TESTS_ONLY,
    "tool.py": "STYLES = {}\ndef style(name):\n    return STYLES.get(name, 'plain')\n"
    "def paint():\n    return True\n"
    "def counter():\n    return lambda: 4\n",
    "tests/conftest.py": "import sys\nfrom pathlib import Path\n"
    "sys.path.insert(0, str(Path(__file__).parents[1]))\n",
    "tests/test_a_first.py": "import os\nimport tool\ndef test_first():\n    assert tool.paint()\n"
    "def test_counter():\n    os.cpu_count = tool.counter()\n",
    "tests/test_b_later.py": "import os\nimport tool\n"
    "def test_variable():\n    assert 'SHOP_PAINT' not in os.environ\n"
    "def test_style():\n    assert tool.style('wall') == 'plain'\n"
    "def test_folder():\n    assert os.path.isdir('tests')\n"
    "def test_depth():\n    import sys\n    assert sys.getrecursionlimit() < 5000\n"
    "def test_processors():\n    assert os.cpu_count() == 4\n"
    "def test_other():\n    assert True\n",
}


@pytest.mark.few(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "old", "new", "red"),
    [
        (
            "tests/test_a_first.py",
            "    assert tool",
            "    os.environ['SHOP_PAINT'] = 'red'\n    assert tool",
            "test_variable",
        ),
        ("tool.py", "    return True", "    STYLES['wall'] = 'red'\n    return True", "test_style"),
        (
            "tests/test_a_first.py",
            "    assert tool",
            "    os.chdir('/')\n    assert tool",
            "test_folder",
        ),
        (
            "tests/test_a_first.py",
            "    assert tool",
            "    import sys\n    sys.setrecursionlimit(5000)\n    assert tool",
            "test_depth",
        ),
        ("tool.py", "return lambda: 4", "return lambda: 8", "test_processors"),
    ],
)
def test_who_uses_what_a_test_leaves_now_runs(
    checkout: Checkout, path: str, old: str, new: str, red: str
) -> None:
    """A variable, an entry of a table, the working folder, a switch, what stands in ``os``."""
    checkout.learn(TREE)
    checkout.write(path, TREE[path].replace(old, new))
    done = checkout.run("doit", "warm")
    assert done.code == 1, done.out
    failed = {name.rpartition("::")[2] for name in checkout.failed("warm")}
    assert failed == {red}, done.out


def test_all_later_tests_run_where_another_value_is_left(checkout: Checkout) -> None:
    """Of what any code may feel: the test left something there before, too."""
    first = "import decimal\ndef test_first():\n    decimal.getcontext().prec = {}\n"
    later = "from decimal import Decimal\n"
    later += "def test_digits():\n    assert str(1 / Decimal(3)) == '0.33333'\n"
    tree = {"test_a.py": first.format(5), "test_b.py": later, "pyproject.toml": TESTS_ONLY}
    checkout.learn(tree)
    checkout.write("test_a.py", first.format("2 + 3"))
    assert checkout.run("doit", "warm").code == 0
    assert list(checkout.selected()) == ["test_a.py::test_first"]
    checkout.write("test_a.py", first.format(6))
    done = checkout.run("doit", "warm")
    assert (done.code, checkout.failed("warm")) == (1, {"tests:test_b.py::test_digits"}), done.out


@pytest.mark.slow
def test_who_uses_what_an_import_did_runs_when_nobody_imports_it(checkout: Checkout) -> None:
    """One test's file imported a module that fills a table; another test looks into that."""
    tree = {
        "pyproject.toml": TESTS_ONLY,
        "shelf.py": "BOOKS = []\n",
        "atlas.py": "from shelf import BOOKS\nBOOKS.append('atlas')\n",
        "tests/conftest.py": TREE["tests/conftest.py"],
        "tests/test_a_atlas.py": "import atlas\ndef test_atlas():\n    assert True\n",
        "tests/test_b_shelf.py": "import shelf\n"
        "def test_shelf():\n    assert shelf.BOOKS == ['atlas']\n",
    }
    checkout.learn(tree)
    text = tree["tests/test_a_atlas.py"].replace("import atlas\n", "")
    checkout.write("tests/test_a_atlas.py", text)
    done = checkout.run("doit", "warm")
    failed = {name.rpartition("::")[2] for name in checkout.failed("warm")}
    assert (done.code, failed) == (1, {"test_shelf"}), done.out


ROWS = {
    "bank.py": "import sqlite3\ndef pay(file):\n    with sqlite3.connect(file) as db:\n"
    "        db.execute('insert into log values (1)')\n",
    "tests/conftest.py": "import sqlite3\nimport sys\nfrom pathlib import Path\nimport pytest\n"
    "sys.path.insert(0, str(Path(__file__).parents[1]))\n"
    "@pytest.fixture(scope='session')\ndef ledger(tmp_path_factory):\n"
    "    file = str(tmp_path_factory.mktemp('db') / 'ledger')\n"
    "    sqlite3.connect(file).execute('create table log(what)')\n    return file\n"
    "@pytest.fixture\ndef account(ledger):\n    return ledger\n",
    "tests/test_a.py": "from bank import pay\ndef test_pay(account):\n    pay(account)\n",
    "tests/test_b.py": "import sqlite3\n"
    "def test_rows(ledger):\n    db = sqlite3.connect(ledger)\n"
    "    assert db.execute('select count(*) from log').fetchone() == (1,)\n"
    "def test_plain():\n    assert True\n",
}


@pytest.mark.slow
def test_who_shares_a_fixture_that_a_person_names_runs(checkout: Checkout) -> None:
    """A row more in the database of the session; a name that no fixture has is told."""
    settings = f"[tool.firsttry]\nshared_fixtures = ['ledger', 'acount']\n{TESTS_ONLY}"
    checkout.learn({"pyproject.toml": settings} | ROWS)
    checkout.write("bank.py", ROWS["bank.py"] + ROWS["bank.py"].splitlines(keepends=True)[-1])
    done = checkout.run("doit", "warm")
    ran = checkout.gate().tests
    assert ran is not None
    assert set(ran.why) == {"tests/test_a.py::test_pay", "tests/test_b.py::test_rows"}, done.out
    assert 'the fixture "acount"' in done.out
    assert "Did you mean account?" in done.out
    checkout.write("bank.py", ROWS["bank.py"])
    new = "from bank import pay\ndef test_new(ledger):\n    pay(ledger)\n"
    checkout.write("tests/test_a_new.py", new)
    assert checkout.run("doit", "warm").code == 1
    assert {name.rpartition("::")[2] for name in checkout.failed("warm")} == {"test_rows"}
