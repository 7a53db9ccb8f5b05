"""What the arguments of a noxfile's calls stand for."""

from __future__ import annotations

import ast

import pytest

from firsttry_tasks.config.reading.nox_words import UNKNOWN, assigned, words

HEAD = """
ROOT = Path(__file__).parent
HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = ROOT / "shop"
NAMES = ["-q", PACKAGE]
AGAIN = AGAIN
"""


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("'pytest'", ["pytest"]),
        ("ROOT", ["."]),
        ("PACKAGE", ["shop"]),
        ("str(PACKAGE / 'tests')", ["shop/tests"]),
        ("PACKAGE.joinpath('a', 'b').resolve()", ["shop/a/b"]),
        ("f'{PACKAGE}/tests'", ["shop/tests"]),
        ("f'{session.python}/tests'", [UNKNOWN]),
        ("os.path.join(HERE, 'docs')", ["docs"]),
        ("*NAMES", ["-q", "shop"]),
        ("['-x'] + NAMES", ["-x", "-q", "shop"]),
        ("*session.posargs", [UNKNOWN]),
        ("str(PACKAGE) + '/tests'", ["shop/tests"]),
        ("session.name + '/tests'", [UNKNOWN]),
        ("session.posargs + NAMES", [UNKNOWN, "-q", "shop"]),
        ("made(PACKAGE)", [UNKNOWN]),
        ("PACKAGE / session.name", [UNKNOWN]),
        ("'a' if ON else 'b'", ["a", "b"]),
        ("AGAIN", []),
    ],
)
def test_an_argument_is_read_as_far_as_the_text_says(said: str, wanted: list[str]) -> None:
    """Texts, names, paths; what only a run knows has a sign of its own."""
    (call,) = ast.parse(f"run({said})").body
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert [*words(call.value.args[0], assigned(ast.parse(HEAD).body))] == wanted
