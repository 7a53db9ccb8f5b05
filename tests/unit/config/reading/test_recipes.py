"""Which recipes of a Makefile and a justfile CI runs."""

from __future__ import annotations

import pytest

from firsttry_tasks.config.reading import recipes

MAKEFILE = """\
NAME := shop
install:
\tpip install .
test: unit
\t$(MAKE) more
unit:
\tpython -m unittest
more: ; python -m unittest more
perf:
\tpytest perf
"""
#: What of it stands for each name.
OWN = {"install": "pip", "unit": "unittest\n", "more": "unittest more", "perf": "perf"}


@pytest.mark.parametrize(
    ("ci", "kept"),
    [
        ("run: make EXTRAS=dev install\nrun: make test\n", {"install", "unit", "more"}),
        ("run: make -j4 perf && make unit", {"perf", "unit"}),
        ("run: make", {"install"}),
        ("# make perf takes long\nrun: make unit", {"unit"}),
        ("run: make -C docs html\nrun: make more", {"more"}),
        # Nothing of this file is named: what people run.
        ("run: tox", {"install", "unit", "more"}),
    ],
)
def test_only_what_ci_runs_is_kept(ci: str, kept: set[str]) -> None:
    """With what it needs and what it starts in turn."""
    text = recipes.run(MAKEFILE, recipes.called(ci, "make")) + "\n"
    assert {name for name, own in OWN.items() if own in text} == kept
    assert text.startswith("NAME := shop\n")


def test_a_name_that_a_matrix_gives_may_be_any() -> None:
    """Then nobody can tell, and all of the file counts."""
    assert recipes.run(MAKEFILE, recipes.called("run: make ${{ matrix.it }}", "make")) == ""


def test_a_justfile_has_recipes_with_parameters() -> None:
    """And its recipes are indented by any space."""
    text = (
        'set shell := ["sh"]\n@test *args: ready\n    pytest {{args}}\nready:\n  a\nperf x:\n  b\n'
    )
    kept = recipes.run(text, recipes.called("run: just test -x", "just"))
    assert kept.rstrip() == text.partition("\nperf")[0]
