"""A test that is red for what another one left is red for as long as that is so, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import PATHS, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

RED = "tests:tests/test_c.py::test_it"
#: How a test leaves another language to those after it.
BY_NAME = "    global LANG\n    LANG = 'fr'\n"
BY_VARIABLE = "    import os\n    os.environ['SHOP_LANG'] = 'fr'\n"
CODE = (
    "LANG = 'en'\ndef activate():\n{}def lang():\n"
    "    import os\n    return os.environ.get('SHOP_LANG', LANG)\n"
)
TREE = {
    "pyproject.toml": TESTS_ONLY,
    "conf.py": CODE.format("    return LANG\n"),
    "other.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    "tests/conftest.py": "import sys\nfrom pathlib import Path\n"
    "sys.path.insert(0, str(Path(__file__).parents[1]))\n",
    "tests/test_a.py": "import conf\ndef test_a():\n    conf.activate()\n",
    "tests/test_c.py": "import conf\ndef test_it():\n    assert conf.lang() == 'en'\n",
    "tests/test_d.py": "import other\ndef test_one():\n    assert other.one() == 1\n"
    "def test_two():\n    assert other.two() == 2\n",
}


@pytest.mark.parametrize("body", [BY_NAME, BY_VARIABLE], ids=["name", "variable"])
def test_another_run_does_not_make_it_green(checkout: Checkout, body: str) -> None:
    """By itself it passes, and what made it red has not changed."""
    checkout.learn(TREE)
    checkout.write("conf.py", CODE.format(body))
    red = {RED}
    for _ in range(2):
        assert checkout.run("doit", "warm").code == 1
        assert checkout.failed("warm") == red
    checkout.write("other.py", TREE["other.py"].replace("return 1", "x = 1\n    return x"))
    assert checkout.run("doit", "warm").code == 1
    checkout.write("conf.py", CODE.format(body).replace("def lang():", "def lang(_x=1):"))
    done = checkout.run("doit", "warm")
    assert (done.code, checkout.failed("warm")) == (1, red), done.out
    checkout.write("conf.py", TREE["conf.py"])
    done = checkout.run("doit", "warm")
    assert done.code == 0, done.out


def test_where_it_was_red_from_the_start_all_run_again(checkout: Checkout) -> None:
    """Nothing says beside which of them it is red."""
    for name, text in {**TREE, "conf.py": CODE.format(BY_NAME)}.items():
        checkout.write(name, text)
    checkout.commit()
    assert checkout.run("doit", "warm").code == 1
    done = checkout.run("doit", "warm")
    assert (done.code, checkout.failed("warm")) == (1, {RED}), done.out


def test_who_needs_what_another_leaves_is_green_once_it_is_left_again(checkout: Checkout) -> None:
    """Both are as an older run has them, which vouches for the one and not for the red one."""
    tree = {
        **TREE,
        "conf.py": CODE.format(BY_NAME),
        "tests/test_c.py": TREE["tests/test_c.py"].replace("'en'", "'fr'"),
    }
    checkout.learn(tree)
    checkout.write("conf.py", TREE["conf.py"])
    assert checkout.run("doit", "warm").code == 1
    checkout.write("conf.py", tree["conf.py"])
    done = checkout.run("doit", "warm")
    assert done.code == 0, done.out


def test_who_needs_what_another_leaves_is_not_red_for_want_of_it(checkout: Checkout) -> None:
    """A change has it run alone, and there it fails; the other one left that before it ran."""
    tree = {
        **TREE,
        "conf.py": CODE.format(BY_NAME),
        "tests/test_c.py": TREE["tests/test_c.py"].replace("'en'", "'fr'"),
    }
    checkout.learn(tree)
    checkout.write("conf.py", tree["conf.py"].replace("def lang():", "def lang(_x=1):"))
    done = checkout.run("doit", "warm")
    assert done.code == 0, done.out
    checkout.write("conf.py", tree["conf.py"].replace("def lang():", "def lang(_x):"))
    assert checkout.run("doit", "warm").code == 1
    assert checkout.failed("warm") == {RED}


SEES = "import shared\n\n\ndef test_victim() -> None:\n    assert not shared.SEEN\n"
#: What the first test does, and the other one that is red for it.
POLLUTERS = {
    "a list": ("import shared\n\n\ndef test_first() -> None:\n    shared.SEEN.append(1)\n", SEES),
    "a variable": (
        "import os\n\n\ndef test_first() -> None:\n    os.environ['MOOD'] = 'bad'\n",
        "import os\n\n\ndef test_victim() -> None:\n    assert 'MOOD' not in os.environ\n",
    ),
    "the working directory": (
        "import os\n\n\ndef test_first(tmp_path: object) -> None:\n    os.chdir(str(tmp_path))\n",
        (
            "from pathlib import Path\n\n\n"
            "def test_victim() -> None:\n    assert Path('dodo.py').exists()\n"
        ),
    ),
    "a patched module": (
        "import shared\n\n\ndef test_first() -> None:\n    shared.SEEN = [1]\n",
        SEES,
    ),
    "an import": (
        "import shared\n\nshared.SEEN.append(1)\n\n\ndef test_first() -> None:\n    pass\n",
        SEES,
    ),
    "two together": (
        (
            "import shared\n\n\ndef test_first() -> None:\n    shared.SEEN.append(1)\n\n\n"
            "def test_second() -> None:\n    shared.SEEN.append(2)\n"
        ),
        SEES.replace("not shared.SEEN", "len(shared.SEEN) < 2"),
    ),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(it, marks=pytest.mark.thorough if it != "a list" else []) for it in POLLUTERS],
)
def test_warm_and_full_agree_about_a_victim(checkout: Checkout, name: str) -> None:
    """An edit that concerns neither does not part them."""
    polluter, victim = POLLUTERS[name]
    tree = {
        "pyproject.toml": TESTS_ONLY + PATHS,
        "shared.py": "SEEN: list[int] = []\n",
        "tests/test_a.py": polluter,
        "tests/test_b.py": victim,
    }
    for place, text in tree.items():
        checkout.write(place, text)
    checkout.commit()
    assert checkout.run("doit", "warm").code == 1
    checkout.write("README.md", "A change that no test uses.\n")
    done = checkout.run("doit", "parity")
    assert (done.code, checkout.verdict().name) == (1, "red"), done.out
    assert checkout.failed("warm") == {"tests:tests/test_b.py::test_victim"}
