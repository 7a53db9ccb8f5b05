"""The floor: which functions a commit changed, and what the table makes of it."""

from benchmarks.floor import Floored, functions, lines, table

DIFF = """\
diff --git a/shop.py b/shop.py
--- a b/shop.py
+++ a b/shop.py
@@ -2 +2 @@ def price(n):
-    return n * 3
+    return n * 4
@@ -9,0 +10,2 @@ def tax(n):
+    n = n
+    n = n
--- /dev/null
+++ new.py
@@ -0,0 +1,3 @@
+x = 1
"""
CODE = """\
def price(n):
    return n * 3


def outer():
    def inner():
        return 1

    return inner
"""


def test_lines_are_those_of_the_old_file() -> None:
    """What is added counts where it is added; a new file has no old line."""
    assert lines(DIFF) == {"a b/shop.py": {2, 9}}


def test_the_innermost_function_was_changed() -> None:
    """Whoever only calls the one around did not run it."""
    assert functions(CODE, {2, 7}) == [(2, 2), (7, 7)]


def test_code_of_the_module_has_no_floor() -> None:
    """Which tests it needs is no question of who ran a function."""
    assert functions("X = 1\n", {1}) == []


def test_the_ratio_is_of_commits_that_have_a_floor() -> None:
    """A README has none."""
    rows = [
        Floored(project="p", commit="a", ran=30, total=100, floor=20),
        Floored(project="p", commit="b", ran=0, total=100, floor=0),
    ]
    assert table(rows).splitlines()[2] == "| p | 2 | 15.0% | 10.0% | 1 | 1.50 |"
