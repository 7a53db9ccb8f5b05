"""Whether a recorded result is still valid: why a test has to run, if it has."""

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide.validity import Validity
from tests.unit.selection.world import World

LIB = "def one():\n    return 1\ndef two():\n    return 2\n"
TESTS = "import lib\ndef test_one():\n    assert lib.one() == 1\n"
ONE, TEXT = "tests/test_lib.py::test_one", "tests/notes.md::notes.md"
WORLD = World(
    {"lib.py": LIB, "tests/test_lib.py": TESTS, "tests/notes.md": "1", "data.txt": "1"},
    {ONE: ("lib.py:one", Observation("read", "data.txt")), TEXT: ()},
)


def _why(
    judged: Validity, nodeid: str = ONE, outcome: str = "passed", *, explained: bool = False
) -> str | None:
    [test] = [test for test in judged.recorded.tests if test.nodeid == nodeid]
    return judged.why(msgspec.structs.replace(test, outcome=outcome, explained=explained))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        (
            {"lib_py": LIB.replace("return 1", "return 3")},
            "lib.py::one changed, and the test ran it",
        ),
        ({"lib_py": LIB.replace("return 2", "return 3")}, None),
        ({"lib_py": f"\n\n{LIB}"}, None),
        ({"lib_py": None}, "lib.py::one is gone or broken, and the test ran it"),
        ({"data_txt": "2"}, "data.txt changed, and the test reads it"),
        ({"tests/conftest_py": "X = 1\n"}, "tests/conftest.py came or went"),
        ({"conftest_py": "X = 1\n"}, "conftest.py came or went"),
        ({"other/conftest_py": "X = 1\n"}, None),
    ],
)
def test_a_result_is_valid_until_what_it_rests_on_changes(
    change: dict[str, str | None], why: str | None
) -> None:
    """Of a changed file only the functions that ran count."""
    assert _why(WORLD.held(**change)) == why


def test_a_test_that_is_no_function_rests_on_its_whole_file() -> None:
    """What stands in it can't be taken apart."""
    assert _why(WORLD.held(**{"tests/notes_md": "2"}), TEXT) == "tests/notes.md changed"


@pytest.mark.parametrize(
    ("change", "why"),
    [({}, None), ({"README_md": "Hi"}, "it was skipped when it ran last")],
)
def test_a_skipped_test_runs_after_any_change(
    change: dict[str, str | None], why: str | None
) -> None:
    """Why it was skipped isn't known."""
    assert _why(WORLD.held(**change), outcome="skipped") == why


@pytest.mark.parametrize(
    ("change", "why"),
    [({"README_md": "Hi"}, None), ({"data_txt": "2"}, "data.txt changed, and the test reads it")],
)
def test_a_skip_that_explains_itself_rests_on_what_was_seen(
    change: dict[str, str | None], why: str | None
) -> None:
    """The test was skipped by what it did, and would do so again."""
    assert _why(WORLD.held(**change), outcome="skipped", explained=True) == why


def test_another_environment_makes_no_result_valid() -> None:
    """The part that differs is the why of every test."""
    now = msgspec.structs.replace(WORLD.now(WORLD.files), parts={"python": "3.99"})
    assert _why(Validity(WORLD.recorded, now)) == "python changed"


def test_settings_say_what_a_test_depends_on() -> None:
    """A file that no test was seen to read counts where a person says so."""
    now = WORLD.now({**WORLD.files, "schema.sql": "2"})
    now = msgspec.structs.replace(now, depends={"*.sql": ("tests/*",)})
    assert (
        _why(Validity(WORLD.recorded, now)) == "schema.sql changed, which *.sql says it depends on"
    )


def test_a_file_of_tests_is_collected_anew_where_its_import_changed() -> None:
    """The scope of its collection says why."""
    observations = (*WORLD.recorded.observations, ("read", "more.txt"))
    start, first, *rest = WORLD.recorded.scopes
    first = msgspec.structs.replace(first, observations=(len(observations) - 1,))
    recorded = msgspec.structs.replace(
        WORLD.recorded, observations=observations, scopes=(start, first, *rest)
    )
    judged = Validity(recorded, WORLD.now({**WORLD.files, "more.txt": "1"}))
    assert judged.by_scope(1) == "more.txt changed, and looking for tests reads it"


@pytest.mark.parametrize(("text", "back"), [(LIB, True), (LIB.replace("2", "3"), False)])
def test_an_older_session_may_have_what_is_now(text: str, back: bool) -> None:  # noqa: FBT001
    """Then it may vouch for tests for which the newer one can't."""
    newer = World({**WORLD.files, "lib.py": f"{LIB}X = 1\n"}, {ONE: ("lib.py:one",)})
    assert newer.held(lib_py=text).brought_back(WORLD.recorded) == back


def test_text_that_was_executed_names_what_it_uses() -> None:
    """It may import a module, of which a value is another one now."""
    shop = "RATE = 3\nSIZE = 4\n"
    text = (Observation("text", ""), Observation("text", "shop"), Observation("text", "RATE"))
    files = {"shop.py": shop, "test_a.py": "def test_a():\n    pass\ndef test_b():\n    pass\n"}
    ids = ["test_a.py::test_a", "test_a.py::test_b"]
    world = World(files, {ids[0]: text, ids[1]: ()})
    first, second = world.recorded.tests
    held = world.held(shop_py=shop.replace("3", "2"))
    assert held.why(first) == "text that was executed names RATE, which changed"
    assert held.why(second) is None
    assert world.held(shop_py=shop.replace("4", "5")).why(first) is None
