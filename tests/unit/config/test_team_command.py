"""How a team calls pytest, read from what its CI and its tools' files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.team import team_command, workflow_files
from firsttry_tasks.config.team.team_command import ToolCall
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = """\
name: pytest
on: [push]
jobs:
  test:
    name: python -m pytest
    steps:
      - run: pip install pytest tox
      - name: pytest
        run: |
          {}
"""
SCRIPT = [
    ("Makefile", "test:\n\tpytest -q\n"),
    ("Makefile", "test: ready ; $(BIN)/pytest -q\n"),
    ("Makefile", "PYTEST ?= .venv/bin/py.test\ntest:\n\t$(PYTEST) tests\n"),
    ("tox.ini", "[testenv]\ndeps =\n  pytest\ncommands =\n  coverage erase\n  pytest {posargs}\n"),
    ("tox.toml", '[env.test]\ndeps = ["pytest"]\ncommands = [["pytest", "-x"]]\n'),
    ("pyproject.toml", '[tool.hatch.envs.test.scripts]\nall = "pytest {args:tests}"\n'),
    ("pyproject.toml", '[tool.tox]\nlegacy_tox_ini = "[testenv]\\ncommands = pytest"\n'),
    ("noxfile.py", "@n.session\ndef t(s):\n    s.install('x')\n    s.run('pytest', *s.posargs)\n"),
    (".github/workflows/a.yml", WORKFLOW.format("FOO=1 uv run --frozen pytest -x | tee log")),
    (".github/workflows/a.yml", WORKFLOW.format("uvx --with pytest-cov pytest -x")),
    (".github/workflows/a.yaml", WORKFLOW.format("python -m pytest\n          pytest other")),
    (".gitlab-ci.yml", "test:\n  script:\n    - pip install pytest\n    - pytest\n"),
    (".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: t\n    entry: pytest -q\n"),
]
MODULE = [
    ("Makefile", "test:\n\t@$(PYTHON) -m pytest \\\n\t  -q\n"),
    ("tox.ini", "[testenv:py]\ncommands = {envpython} -m pytest\n"),
    ("tox.toml", '[env_run_base]\ncommands = [["python", "-m", "pytest"]]\n'),
    ("noxfile.py", "def t(s):\n    s.run('python', '-m', 'pytest')\n"),
    ("pyproject.toml", '[tool.pdm.scripts]\ntest = "coverage run -m pytest"\n'),
    (".github/workflows/a.yml", WORKFLOW.format("python -m coverage run -m pytest")),
    ("justfile", "test:\n    coverage run -m pytest {{ args }}\n"),
]
NEITHER = [
    ("Makefile", "# run pytest by hand\ninstall:\n\tpip install pytest pytest-cov\n"),
    ("pyproject.toml", '[project]\ndescription = "pytest is tested by pytest"\n'),
    ("pyproject.toml", '[dependency-groups]\ndev = ["pytest"]\n[tool.x]\ndev = ["pytest >=8"]\n'),
    ("noxfile.py", "def t(s):\n    s.run('ruff', 'check')  # pytest\n"),
    (".github/workflows/a.yml", WORKFLOW.format("tox -e py")),
    (".github/workflows/a.yml", WORKFLOW.format("uvx --with tox-uv tox -e pytest")),
    (".github/workflows/a.yml", WORKFLOW.format("poetry run tox -e pytest")),
    (".github/workflows/a.yml", "pytest: [unclosed"),
    ("noxfile.py", "pytest ("),
    ("tox.ini", "no section, pytest"),
    ("pyproject.toml", "pytest = = 1"),
]


def _found(root: Path, name: str, text: str) -> ToolCall:
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return team_command.find(root, root, "pytest")


@pytest.mark.parametrize(("name", "text"), SCRIPT)
def test_the_script_is_found(tmp_path: Path, name: str, text: str) -> None:
    """Where both forms stand in one file, the stricter one is taken."""
    call = _found(tmp_path, name, text)
    assert (call.form, call.place) == ("script", name)


@pytest.mark.parametrize(("name", "text"), MODULE)
def test_the_module_is_found(tmp_path: Path, name: str, text: str) -> None:
    """Coverage puts the folder on the path as well."""
    call = _found(tmp_path, name, text)
    assert (call.form, call.place) == ("module", name)


@pytest.mark.parametrize(("name", "text"), NEITHER)
def test_what_only_names_pytest_calls_nothing(tmp_path: Path, name: str, text: str) -> None:
    """Nor does a file that can't be read, which its own tool will tell."""
    assert _found(tmp_path, name, text) == ToolCall()


PARTS = "jobs:\n  t:\n    steps:\n    - run: |\n        {}\n        {}\n"


@pytest.mark.parametrize(
    ("first", "second", "call"),
    [
        ("coverage run -m pytest one/", "pytest two/", "python -m pytest one/ two/"),
        ("python -m pytest one", "pytest one two", "pytest one two"),
        ("python -m pytest one/deep", "pytest one", "pytest one/deep one"),
        ("python -m pytest", "pytest one", "python -m pytest"),
        ("python -m pytest one", "pytest", "pytest"),
        ("pytest --doctest-modules one", "pytest -x two", "pytest --doctest-modules one two"),
        ("pytest --doctest-modules one", "pytest -n two", "pytest"),
        ("pytest --doctest-modules {envdir}/one", "pytest", "pytest"),
        ("pytest --doctest-modules", "pytest -W error", "pytest --doctest-modules"),
        ("pytest -W error -m slow", "pytest -W ignore", "pytest"),
        ("pytest --strict-markers -Werror", "pytest -W error --x", "pytest -W error"),
    ],
)
def test_all_parts_of_a_suite_are_run(tmp_path: Path, first: str, second: str, call: str) -> None:
    """In the stricter form where that covers all, and with what adds to what is checked."""
    for name in ("one/deep", "two"):
        (tmp_path / name).mkdir(parents=True)
    found = _found(tmp_path, ".github/workflows/a.yml", PARTS.format(first, second))
    assert str(found) == call


def test_parts_may_stand_in_several_files_of_ci(tmp_path: Path) -> None:
    """One that is called for nothing runs what the configuration says."""
    for name in ("bench", "src", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests src\n")
    _found(tmp_path, ".github/workflows/bench.yml", WORKFLOW.format("pytest bench"))
    call = _found(tmp_path, ".github/workflows/tests.yml", WORKFLOW.format("pytest -x"))
    assert (str(call), call.place) == ("pytest bench tests src", ".github/workflows/bench.yml")
    (tmp_path / "pytest.ini").unlink()
    assert str(team_command.find(tmp_path, tmp_path, "pytest")) == "pytest"


OTHERS = """\
jobs:
  downstream:
    steps:
    - uses: actions/checkout@v4
      with:
        repository: some/body
        {}
    - run: python -m pytest one
  own:
    steps:
    - uses: actions/checkout@v4
      with:
        repository: ${{{{ github.repository }}}}
    - run: pytest two
"""


CLONES = """\
jobs:
  own:
    steps:
    - run: pytest two
  downstream:
    steps:
    - run: |
        git clone {}
    - run: cd beside; pytest one
"""


@pytest.mark.parametrize(
    "words",
    [
        "https://example.org/some/beside.git",
        "--depth 1 -b main git@example.org:some/beside",
        "https://example.org/some/other.git beside",
    ],
)
def test_what_is_cloned_is_another_repository(tmp_path: Path, words: str) -> None:
    """Its tests run in its folder, by a call that says nothing of ours."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    call = _found(tmp_path, ".github/workflows/a.yml", CLONES.format(words))
    assert str(call) == "pytest two"


@pytest.mark.parametrize(
    ("more", "call"), [("ref: main", "pytest two"), ("path: beside", "python -m pytest one two")]
)
def test_another_repository_s_tests_are_not_these(tmp_path: Path, more: str, call: str) -> None:
    """A workflow may run the tests of who uses this project, in a checkout of theirs."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert str(_found(tmp_path, ".github/workflows/a.yml", OTHERS.format(more))) == call


def test_what_ci_runs_comes_first(tmp_path: Path) -> None:
    """A Makefile is for people."""
    _found(tmp_path, "Makefile", "test:\n\tpytest\n")
    call = _found(tmp_path, ".github/workflows/a.yml", WORKFLOW.format("python -m pytest"))
    assert (call.form, call.place) == ("module", ".github/workflows/a.yml")


def test_options_of_python_are_kept() -> None:
    """They change what a test may do."""
    call = team_command.given("python -X dev -W error -m pytest -x 'a b'")
    assert call.flags == ("-X", "dev", "-W", "error")
    assert str(call) == "python -X dev -W error -m pytest -x 'a b'"


@pytest.mark.parametrize("command", ["tox", "", "pip install pytest"])
def test_a_command_that_does_not_call_pytest_is_refused(command: str) -> None:
    """With the two ways to write it."""
    with pytest.raises(UsageError, match="as you call it"):
        team_command.given(command)


def test_options_of_python_stand_before_its_first_module(tmp_path: Path) -> None:
    """Coverage's own words are not Python's."""
    call = _found(tmp_path, "Makefile", "t:\n\tpython -W error -m coverage run -m pytest\n")
    assert call.flags == ("-W", "error")


def test_a_variable_of_python_s_is_no_python(tmp_path: Path) -> None:
    """Its name has the word in it, and Python's options come after the program."""
    text = "[testenv]\nsetenv = PYTHONDEVMODE=1\ncommands = python -W error -m pytest\n"
    call = _found(tmp_path, "tox.ini", text)
    assert (call.env, call.flags) == ({"PYTHONDEVMODE": "1"}, ("-W", "error"))


def test_what_tox_sets_is_part_of_the_call(tmp_path: Path) -> None:
    """And so is what stands before the command; factors and substitutions are tox's to know."""
    text = "[testenv]\nsetenv =\n  A = 1\n  py313: B = 2\n  C = {envdir}\ncommands = pytest\n"
    assert _found(tmp_path, "tox.ini", text).env == {"A": "1"}
    assert _found(tmp_path, "Makefile", "t:\n\tD=4 pytest\n").env == {"A": "1"}
    (tmp_path / "tox.ini").unlink()
    assert _found(tmp_path, "Makefile", "t:\n\tD=4 E=$(X) pytest\n").env == {"D": "4"}


def test_tox_names_its_own_folder(tmp_path: Path) -> None:
    """In what it sets, and in what it calls."""
    text = (
        "[testenv]\nsetenv =\n  PYTHONPATH = {toxinidir}/lib:{tox_root}\n"
        "commands = pytest {toxinidir}/tests\n"
    )
    (tmp_path / "tests").mkdir()
    call = _found(tmp_path, "tox.ini", text)
    assert (call.env, call.paths) == ({"PYTHONPATH": "lib:."}, ("tests",))


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("pytest -n tests", ()),
        ("pytest -x -vv tests", ("tests",)),
        ("pytest tests -x", ("tests",)),
        ("pytest {posargs:tests other}", ("tests", "other")),
        ("pytest --cov tests", ()),
        ("pytest -q --cov=other tests nowhere", ("tests",)),
        ("pytest", ()),
    ],
)
def test_folders_that_a_call_names(tmp_path: Path, words: str, paths: tuple[str, ...]) -> None:
    """Only what is surely no option's value; else pytest's configuration says where to look."""
    for name in ("tests", "other"):
        (tmp_path / name).mkdir()
    assert _found(tmp_path, "tox.ini", f"[testenv]\ncommands = {words}\n").paths == paths


def test_a_job_for_one_file_does_not_tell_how_the_suite_is_run(tmp_path: Path) -> None:
    """Such as a benchmark's."""
    (tmp_path / "tests").mkdir()
    _found(tmp_path, "tox.ini", "[testenv]\ncommands = python -m pytest\n")
    call = _found(tmp_path, ".github/workflows/a.yml", WORKFLOW.format("pytest tests/test_x.py"))
    assert (call.form, call.place) == ("module", "tox.ini")


@pytest.mark.parametrize(
    ("words", "args", "paths"),
    [
        ("mypy", (), ()),
        ("mypy .", (), (".",)),
        ("mypy --strict src tests", ("--strict",), ("src", "tests")),
        (
            "mypy --python-version 3.11 --junit-xml=x src/a.py",
            ("--python-version", "3.11"),
            ("src/a.py",),
        ),
        (
            "mypy --config-file=ci.ini --install-types -p a",
            ("--config-file=ci.ini",),
            ("-p", "a"),
        ),
    ],
)
def test_what_mypy_is_called_for(
    tmp_path: Path, words: str, args: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    """Its options count, but for those by which it writes or installs."""
    for name in ("tests", "src"):
        (tmp_path / name).mkdir()
    (tmp_path / "src/a.py").touch()
    (tmp_path / "Makefile").write_text(f"lint:\n\t{words}\n")
    call = team_command.find(tmp_path, tmp_path, "mypy")
    assert (call.args, call.paths) == (args, paths)


JOB = "jobs:\n  a:\n    {}\n    steps:\n    - run: {}\n      working-directory: {}\n"
BOTH = ("libs/a", "libs/b")


@pytest.mark.parametrize(
    ("name", "text", "folders"),
    [
        ("Makefile", "a:\n\tcd libs/a && mypy src\nb:\n\tcd libs/b; mypy src\n", BOTH),
        ("Makefile", "a:\n\tfor p in libs/*; do (cd $${p} && mypy src); done\n", BOTH),
        ("Makefile", "a:\n\tuv run --directory libs/b mypy src\n", ("libs/b",)),
        ("Makefile", "a:\n\t(cd libs/a && make)\n\tmypy libs/*/src\n", ()),
        ("Makefile", "a:\n\tcd libs/a && cd ../b && mypy src\n", ("libs/b",)),
        ("Makefile", "a:\n\tcd libs/a && true\n\tmypy .\n", ()),
        ("tox.ini", "[testenv:a]\nchangedir = {toxinidir}/libs/a\ncommands = mypy src\n", BOTH[:1]),
        ("noxfile.py", "def a(s):\n    with s.chdir('libs/b'):\n        s.run('mypy')\n", BOTH[1:]),
        ("noxfile.py", "L = 'libs'\ndef a(s):\n s.chdir(L + '/b')\n s.run('mypy')\n", BOTH[1:]),
        ("noxfile.py", "def a(s):\n    s.chdir(s.create_tmp())\n    s.run('mypy')\n", ()),
        (".github/workflows/a.yml", JOB.format("x: 1", "mypy src", "./libs/b/"), ("libs/b",)),
        (
            ".github/workflows/a.yml",
            JOB.format("strategy: {matrix: {p: [a, b]}}", "mypy .", "libs/${{ matrix.p }}"),
            BOTH,
        ),
        (
            ".github/workflows/a.yml",
            JOB.format(
                "strategy: {matrix: {include: [{p: a, v: 1}]}}", "mypy", "libs/${{matrix.p}}"
            ),
            BOTH[:1],
        ),
        (
            ".github/workflows/a.yml",
            JOB.format(
                "strategy: {matrix: {p: '${{ fromJSON(x) }}'}}", "mypy .", "libs/${{ matrix.p }}"
            ),
            BOTH,
        ),
        (
            ".github/workflows/a.yml",
            JOB.format("strategy: {matrix: {p: [a]}}", "cd libs/${{ matrix.p }} && mypy .", "./"),
            BOTH[:1],
        ),
        (".github/workflows/a.yml", JOB.format("x: 1", "mypy src", "checkout"), ()),
        ("libs/a/Makefile", "a:\n\tmypy src\n", BOTH[:1]),
        ("libs/a/pyproject.toml", "[tool.mypy]\nstrict = true\n", BOTH[:1]),
    ],
)
def test_where_mypy_is_called(
    tmp_path: Path, name: str, text: str, folders: tuple[str, ...]
) -> None:
    """In the folders that the team's commands go to; at the top where they stay there."""
    (tmp_path / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = ['libs/*']\n")
    for folder in BOTH:
        (tmp_path / folder / "src").mkdir(parents=True)
        (tmp_path / folder / "pyproject.toml").touch()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    found = team_command.find(tmp_path, tmp_path, "mypy")
    assert (bool(found.place), tuple(it.folder for it in found.each)) == (True, folders)


def test_a_call_in_a_folder_has_its_paths_and_variables(tmp_path: Path) -> None:
    """As they are there; what a workflow sets for pytest is about CI's services, and stays out."""
    (tmp_path / "app/src").mkdir(parents=True)
    step = "jobs:\n  a:\n    steps:\n    - run: cd app && {} src\n      env: {{MYPYPATH: stubs}}\n"
    _found(tmp_path, ".github/workflows/a.yml", step.format("mypy"))
    [call] = team_command.find(tmp_path, tmp_path, "mypy").each
    assert (call.paths, call.env, str(call)) == (
        ("src",),
        {"MYPYPATH": "stubs"},
        "MYPYPATH=stubs mypy src",
    )
    found = _found(tmp_path, ".github/workflows/a.yml", step.format("pytest"))
    assert (found.paths, found.env, found.folder) == (("app/src",), {}, "")


def test_tests_run_at_the_top_where_they_are_called_there(tmp_path: Path) -> None:
    """Although an earlier job runs one part of them."""
    (tmp_path / "app").mkdir()
    found = _found(tmp_path, "Makefile", "a:\n\tcd app && pytest\nb:\n\tpytest\n")
    assert (found.place, found.paths) == ("Makefile", ())


@pytest.mark.parametrize("name", ["$PKG", "${PKG}"])
def test_no_part_of_a_variable_is_left(tmp_path: Path, name: str) -> None:
    """What only the shell knows leads nowhere."""
    (tmp_path / "G").mkdir()
    found = _found(tmp_path, "Makefile", f"a:\n\tcd {name} && pytest\n")
    assert (found.place, found.paths) == ("Makefile", ())


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (("mypy --strict src", "mypy src tests"), ["mypy --strict src", "mypy src tests"]),
        (("mypy src", "mypy tests"), ["mypy src tests"]),
        (("mypy src", "mypy --pretty tests"), ["mypy src tests"]),
        (
            ("mypy src", "MYPYPATH=stubs mypy tests", "mypy docs"),
            ["mypy src docs", "MYPYPATH=stubs mypy tests"],
        ),
        (
            ("cd app && mypy a.py", "cd app && mypy --strict b.py"),
            ["mypy a.py", "mypy --strict b.py"],
        ),
    ],
)
def test_calls_with_other_options_are_other_calls(
    tmp_path: Path, lines: tuple[str, ...], parts: list[str]
) -> None:
    """Each finds other things, so each is made."""
    for name in ("src", "tests", "docs", "app"):
        (tmp_path / name).mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / "app" / name).touch()
    (tmp_path / "Makefile").write_text("lint:\n" + "".join(f"\t{line}\n" for line in lines))
    call = team_command.find(tmp_path, tmp_path, "mypy")
    found = call.each or (call,)
    assert [str(it) for it in found] == parts
    assert [it.turn for it in found] == list(range(len(parts)))
    assert {it.folder for it in found} == ({"app"} if "app" in lines[0] else {""})


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        ({"tests/pytest.ini": "[pytest]\n"}, ("tests",)),
        ({"a/pytest.ini": "[pytest]\n", "b/pytest.ini": "[pytest]\n"}, ()),
        ({"tests/pytest.ini": "[pytest]\n", "tox.ini": "[pytest]\n"}, ()),
        ({"tests/pytest.ini": "[pytest]\n", "pyproject.toml": "[tool.pytest.ini_options]\n"}, ()),
        ({"tests/pytest.ini": "[pytest]\n", "Makefile": "test:\n\tpytest src\n"}, ("src",)),
        ({"pytest.ini": "[pytest]\n"}, ()),
    ],
)
def test_the_one_folder_that_configures_pytest(
    tmp_path: Path, files: dict[str, str], paths: tuple[str, ...]
) -> None:
    """Where nobody says how it is called: from the top it would not find its configuration."""
    (tmp_path / "src").mkdir()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert team_command.find(tmp_path, tmp_path, "pytest").paths == paths


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jobs: {a: {steps: [{with: {submodules: true}}, {run: x}]}}", {"true", ""}),
        ("jobs: {a: {steps: [{with: {submodules: recursive}}]}}", {"recursive"}),
        ("jobs: {a: {steps: [{run: git submodules}]}}", {""}),
        ("jobs: [submodules", set()),
        ("jobs: {}", set()),
    ],
)
def test_a_checkout_may_bring_submodules(text: str, found: set[str]) -> None:
    """As its action is told, in any job."""
    assert workflow_files.submodules(text) == found
