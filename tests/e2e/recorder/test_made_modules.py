"""A module that a test makes is loaded as it is without the recorder."""

from pathlib import Path

from tests.e2e.recorder.recorded import recorded

WARNS = r"""
import importlib.util
import warnings


def test_it_is_warned_of_once(tmp_path):
    made = tmp_path / "made.py"
    made.write_text("import json\nPATTERN = '\\d'\n")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        spec = importlib.util.spec_from_file_location("made", made)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    assert [it.filename for it in seen] == [str(made)]
"""


def test_what_compiling_warns_of_is_told_once(tmp_path: Path) -> None:
    """To find what it imports is nobody's business, and warns nobody."""
    found = recorded(tmp_path, {"test_it.py": WARNS})
    assert [it.outcome for it in found.tests] == ["passed"]
