"""A warning of code that is imported is told of the code that imports, recorded or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from pathlib import Path

_OLD = "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n"
_BY_NAME = """\
import importlib
import pytest
def test_old():
    with pytest.warns(DeprecationWarning) as found:
        importlib.import_module("old")
    assert found[0].filename == importlib.__file__
"""
_BY_MODULE = """\
def test_old():
    import user
    assert user.old
"""
_STRICT = "[pytest]\nfilterwarnings =\n    error\n    ignore::DeprecationWarning:user\n"


@pytest.mark.parametrize(
    "tree",
    [
        {"old.py": _OLD, "test_old.py": _BY_NAME},
        {
            "old.py": _OLD,
            "user.py": "import old\n",
            "test_old.py": _BY_MODULE,
            "pytest.ini": _STRICT,
        },
        # Of a library's module.
        {
            "user.py": "import sys\nsys.path.append('../site')\nimport old\n",
            "test_old.py": _BY_MODULE,
            "pytest.ini": _STRICT,
        },
    ],
)
def test_a_warning_is_of_the_code_that_imports(tree: dict[str, str], tmp_path: Path) -> None:
    """By the file of the frame that pytest and filters look at."""
    root, site = tmp_path / "project", tmp_path / "site"
    for folder in (root, site):
        folder.mkdir()
    (site / "old.py").write_text(_OLD)
    outcomes = {test.nodeid: test.outcome for test in recorded(root, tree).tests}
    assert outcomes == {"test_old.py::test_old": "passed"}
