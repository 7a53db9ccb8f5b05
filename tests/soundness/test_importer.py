"""The second bystander: which modules it imports, under which names, and when."""

import pytest

from tests.soundness.importer import importing_test

_EARLY = "import {name}\n\n\ndef test_importer():\n    pass\n"
_LATE = "def test_importer():\n    import {name}\n    pass\n"


@pytest.mark.parametrize(
    ("tree", "edited", "written"),
    [
        ({"a.py": "", "test_a.py": "import a\n"}, "a.py", _EARLY.format(name="a")),
        ({"a.py": "", "test_a.py": "from a import f\n"}, "a.py", _EARLY.format(name="a")),
        (
            {"a.py": "", "b.py": "import a\n", "conftest.py": "import b\n"},
            "a.py",
            _EARLY.format(name="a"),
        ),
        (
            {"p/__init__.py": "from .a import f\n", "p/a.py": "", "test_a.py": "import p\n"},
            "p/a.py",
            _EARLY.format(name="p.a"),
        ),
        ({"src/p/a.py": "", "test_a.py": "import p.a\n"}, "src/p/a.py", _EARLY.format(name="p.a")),
        ({"src/a.py": "", "test_a.py": ""}, "src/a.py", _LATE.format(name="a")),
        ({"a.py": "", "test_a.py": "def test():\n    import a\n"}, "a.py", _LATE.format(name="a")),
        ({"a.txt": "", "test_a.py": ""}, "a.txt", ""),
        ({"test_a.py": ""}, "test_a.py", ""),
        ({"conftest.py": ""}, "conftest.py", ""),
        ({"not-a-module.py": ""}, "not-a-module.py", ""),
    ],
)
def test_the_edited_module_is_imported(tree: dict[str, str], edited: str, written: str) -> None:
    """It is by the name the tree's own statements have, and no earlier than a test would."""
    python = {path: text for path, text in tree.items() if path.endswith(".py")}
    after = {path: "x = 1\n" if path == edited else text for path, text in python.items()}
    assert importing_test(python, after) == written


def test_a_module_that_goes_is_not_imported() -> None:
    """What the change deletes can't be imported after it."""
    assert importing_test({"a.py": "", "test_a.py": "import a\n"}, {"test_a.py": ""}) == ""
