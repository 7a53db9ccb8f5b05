"""The library that is preloaded sees each way of asking, and says where it can't see."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model.values import Command
from firsttry_tasks.recorder.boundary import elf
from firsttry_tasks.system import process
from firsttry_tasks.system.boundary import path_state, preload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux's")


@pytest.fixture(name="library", scope="module")
def _library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the library, compiled once."""
    return preload.library(tmp_path_factory.mktemp("library"))


def _asked(library: Path, folder: Path, *argv: str) -> set[tuple[str, int, str]]:
    """Run a program in a folder and return what was asked of paths in that folder."""
    logs = folder.parent / "logs"
    logs.mkdir(exist_ok=True)
    env = preload.environment(os.environ, library, logs)
    process.run(Command(argv=argv, cwd=str(folder), env=env))
    lines = (line for log in preload.read(logs) for line in log)
    inside = f"{folder}/"
    return {(it.kind, it.error, it.path.removeprefix(inside)) for it in lines if inside in it.path}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("open('a')", ("f", 0, "a")),
        ("open('b', 'w')", ("w", 0, "b")),
        ("open('b', 'x')", ("m", 0, "b")),
        ("os.path.exists('gone')", ("s", 2, "gone")),
        ("os.lstat('a')", ("k", 0, "a")),
        ("os.access('a', os.R_OK)", ("s", 0, "a")),
        ("os.listdir('sub')", ("l", 0, "sub")),
        ("os.open('a', os.O_RDONLY, dir_fd=os.open('.', os.O_RDONLY))", ("f", 0, "a")),
        ("os.stat('b', dir_fd=os.open('sub', os.O_RDONLY))", ("s", 2, "sub/b")),
        ("os.listdir(os.open('sub', os.O_RDONLY))", ("l", 0, "sub")),
        ("os.chdir('sub'); os.path.exists('b')", ("s", 2, "sub/b")),
        ("ctypes.CDLL(None).fopen(b'a', b'r')", ("f", 0, "a")),
        ("os.fork() or os.path.exists('sub/child')", ("s", 2, "sub/child")),
        ("os.system('cat sub/shell 2>&1')", ("f", 2, "sub/shell")),
        ("subprocess.run(['cat', 'sub/spawned'])", ("f", 2, "sub/spawned")),
    ],
)
def test_each_way_of_asking(
    library: Path, tmp_path: Path, code: str, line: tuple[str, int, str]
) -> None:
    """In the process, in a forked one and in a program that it starts."""
    folder = tmp_path / "here"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").touch()
    text = f"import ctypes, os, subprocess; {code}"
    assert line in _asked(library, folder, sys.executable, "-c", text)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("libc.glob(b'sub/*', 0, None, ctypes.create_string_buffer(400))", ("l", 0, "sub")),
        ("subprocess.run(['cat', 'sub/bare'], env={})", ("f", 2, "sub/bare")),
        ("os.execle('/bin/cat', 'cat', 'sub/last', {})", ("f", 2, "sub/last")),
        ("libc.execl(b'/bin/cat', b'cat', b'sub/words', None)", ("f", 2, "sub/words")),
    ],
)
def test_ways_that_pass_by_the_plain_names(
    library: Path, tmp_path: Path, code: str, line: tuple[str, int, str]
) -> None:
    """A walk inside the C library, and programs that are given a bare environment."""
    folder = tmp_path / "here"
    (folder / "sub").mkdir(parents=True)
    text = f"import ctypes, os, subprocess; libc = ctypes.CDLL(None); {code}"
    assert line in _asked(library, folder, sys.executable, "-c", text)


def test_a_program_does_not_see_that_it_is_watched(library: Path, tmp_path: Path) -> None:
    """Not in its environment, nor in that of a shell that it starts."""
    env = preload.environment({"PATH": os.defpath}, library, tmp_path)
    done = process.run(Command(argv=("/bin/sh", "-c", "env"), cwd=str(tmp_path), env=env))
    assert [line for line in done.out.splitlines() if "boundary" in line.lower()] == []


def test_what_can_not_be_followed_is_told(library: Path, tmp_path: Path) -> None:
    """Another watcher in the environment of a child."""
    folder = tmp_path / "here"
    folder.mkdir()
    code = f"import subprocess; subprocess.run(['true'], env={{'{preload.LOGS}': '/tmp'}})"
    with pytest.raises(preload.UnwatchableError, match="it called exec"):
        _asked(library, folder, sys.executable, "-c", code)


def test_programs_that_take_no_notice(tmp_path: Path) -> None:
    """A setuid program, and one without a dynamic linker; a script is what runs it."""
    program = tmp_path / "program"
    shutil.copy("/bin/cat", program)
    script = tmp_path / "script"
    script.write_text(f"#!{program}\n")
    assert [elf.follows(it) for it in (program, script)] == [True, True]
    program.chmod(0o4755)
    assert [elf.follows(it) for it in (program, script)] == [False, False]
    program.chmod(0o755)
    program.write_bytes(b"\x7fELF" + bytes(200))
    assert not elf.follows(program)


def test_states_tell_what_stands_there(tmp_path: Path) -> None:
    """Each change has another text, and touching a file has not."""
    place = tmp_path / "a"
    states = [path_state.now(f"file {place}").text]
    place.write_text("1")
    states.append(path_state.now(f"file {place}").text)
    os.utime(place, (1, 1))
    assert path_state.now(f"file {place}").text == states[-1]
    place.chmod(0o755)
    states.append(path_state.now(f"file {place}").text)
    place.unlink()
    place.symlink_to("b")
    states += [path_state.now(f"{kind} {place}").text for kind in ("link", "file")]
    assert states == ["absent", states[1], states[2], "-> b", "absent"]
    assert len(set(states)) == 4


@pytest.mark.parametrize(("name", "other"), [("b.py", True), (".mypy_cache", False)])
def test_a_folder_is_its_names(tmp_path: Path, name: str, *, other: bool) -> None:
    """But for those of the tools' caches."""
    before = path_state.now(f"list {tmp_path}")
    (tmp_path / name).mkdir()
    assert (path_state.now(f"list {tmp_path}").text != before.text) == other


def test_what_is_written_below_a_folder(tmp_path: Path) -> None:
    """It counts in the project; elsewhere others may write as they like."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").touch()
    (tmp_path / "b").mkdir()
    said = [
        path_state.written_since(f"list {tmp_path}", moment, root)
        for moment, root in ((0, str(tmp_path)), (0, "/elsewhere"), (1 << 62, str(tmp_path)))
    ]
    assert said == [True, False, False]


def test_caches_that_tools_make_are_no_change(tmp_path: Path) -> None:
    """Nor is what git writes."""
    for name in (".mypy_cache", "__pycache__", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").touch()
    assert not path_state.written_since(f"list {tmp_path}", 0, str(tmp_path))


def test_what_was_compiled_serves_the_next_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the user's cache, which nobody else may write to; else, and in CI, it is compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CI", "true")
    assert preload.library(tmp_path / "ci").exists()
    assert not (tmp_path / "cache").exists()
    monkeypatch.delenv("CI")
    first = preload.library(tmp_path / "first")
    [kept] = (tmp_path / "cache/firsttry").iterdir()
    assert kept.read_bytes() == first.read_bytes()
    kept.write_bytes(b"kept")
    assert preload.library(tmp_path / "second").read_bytes() == b"kept"
    kept.chmod(0o722)
    assert preload.library(tmp_path / "third").read_bytes() == first.read_bytes()
    assert kept.read_bytes() == first.read_bytes()
    kept.unlink()
    kept.symlink_to(tmp_path / "first")
    assert preload.library(tmp_path / "fourth").read_bytes() == first.read_bytes()


def test_without_a_cache_it_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the home can't be written to."""
    (tmp_path / "cache").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert preload.library(tmp_path / "first").exists()
    assert (tmp_path / "cache").read_bytes() == b""
