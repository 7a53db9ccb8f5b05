"""What code names that stands in no file."""

import pytest

from firsttry_tasks.recorder.probes.code_access import named


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RATE * 2", {"RATE"}),
        ("shop.RATE", {"shop", "RATE"}),
        ("import pack.shop", {"pack.shop", "pack"}),
        ("from pack import shop", {"pack", "shop", "pack.shop"}),
        ("__import__('pack.' + 'shop')", {"pack.shop"}),
        ("getattr(found, 'ra' + 'te')", {"found", "rate"}),
        ("len(print('two words'))", set()),
        ("def f():\n def g():\n  return RATE", {"RATE", "f"}),
        ("class Wall:\n size = 'RATE'", {"Wall", "RATE", "size"}),
    ],
)
def test_names_in_code(text: str, names: set[str]) -> None:
    """Those of functions inside count, and those of builtins don't."""
    assert named(compile(text, "<text>", "exec")) == names
