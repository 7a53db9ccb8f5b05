"""Real processes: started, read, limited, and ended with all their children."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command
from firsttry_tasks.system import process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Completed


def _python(code: str, cwd: Path, timeout: float | None = None) -> Completed:
    argv = (sys.executable, "-c", code)
    return process.run(Command(argv=argv, cwd=str(cwd), env={}, timeout=timeout))


def test_both_streams_and_the_code_are_kept(tmp_path: Path) -> None:
    """Apart from each other."""
    done = _python("import sys; print('o'); print('e', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (done.out, done.err, done.code) == ("o\n", "e\n", 3)


def test_a_signal_is_a_negative_code(tmp_path: Path) -> None:
    """As in subprocess."""
    assert _python("import os; os.kill(os.getpid(), 9)", tmp_path).code == -9


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    """A tool may print what it likes."""
    done = _python("import os; os.write(1, bytes([255, 97]))", tmp_path)
    assert done.out == "�a"


def test_a_lot_of_output_is_no_obstacle(tmp_path: Path) -> None:
    """Files, not pipes: nobody waits for a reader."""
    done = _python("print('x' * 5_000_000)", tmp_path)
    assert len(done.out) == 5_000_001


def test_a_timeout_is_told(tmp_path: Path) -> None:
    """And does not take much longer than it says."""
    started = time.monotonic()
    done = _python("import time; time.sleep(60)", tmp_path, timeout=0.3)
    assert (done.timed_out, time.monotonic() - started < 20) == (True, True)


def test_a_grandchild_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    """The command has ended; what it left behind is not our business."""
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', {!r}])"
    started = time.monotonic()
    _python(child.format("import time; time.sleep(20)"), tmp_path)
    assert time.monotonic() - started < 15


def test_nothing_is_read_from_the_terminal(tmp_path: Path) -> None:
    """A tool that asks gets no answer."""
    assert _python("import sys; print(repr(sys.stdin.read()))", tmp_path).out == "''\n"


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(FirstTryError, match="Can't start nowhere"):
        process.run(Command(argv=("nowhere",), cwd=str(tmp_path), env={"PATH": ""}))


def test_the_watch_looks_now_and_then(tmp_path: Path) -> None:
    """For progress."""
    looks: list[bool] = []
    argv = (sys.executable, "-c", "import time; time.sleep(0.4)")
    process.run(Command(argv=argv, cwd=str(tmp_path), env={}), lambda: looks.append(True))
    assert looks


def test_a_watch_that_fails_ends_the_process(tmp_path: Path) -> None:
    """No child outlives a run that went wrong."""
    mark = tmp_path / "late"
    code = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w')"

    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        process.run(Command(argv=(sys.executable, "-c", code), cwd=str(tmp_path), env={}), fail)
    time.sleep(2)
    assert not mark.exists()


def test_short_commands_side_by_side_keep_their_order(tmp_path: Path) -> None:
    """Answers stand where the questions stood."""
    codes = ("import time; time.sleep(0.3); print(1)", "print(2)")
    argvs = [[sys.executable, "-c", code] for code in codes]
    answers = process.outputs(argvs, cwd=str(tmp_path), env={})
    assert [out for _, out, _ in answers] == [b"1\n", b"2\n"]


def test_large_answers_of_commands_side_by_side(tmp_path: Path) -> None:
    """Both may print more than a pipe holds."""
    argvs = [[sys.executable, "-c", "print('x' * 1_000_000)"]] * 2
    answers = process.outputs(argvs, cwd=str(tmp_path), env={})
    assert [len(out) for _, out, _ in answers] == [1_000_001, 1_000_001]


def test_short_commands_have_a_limit(tmp_path: Path) -> None:
    """A lock that nobody lets go must not hold a run for ever."""
    argvs = [[sys.executable, "-c", "import time; time.sleep(60)"]]
    with pytest.raises(FirstTryError, match=r"did not end within 0\.3 s"):
        process.outputs(argvs, cwd=str(tmp_path), env={}, timeout=0.3)


def test_the_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Even where it is not the first of those that run side by side."""
    argvs = [[sys.executable, "-c", ""], ["nowhere"]]
    with pytest.raises(FirstTryError, match="Can't start nowhere"):
        process.outputs(argvs, cwd=str(tmp_path), env={"PATH": ""})


def test_short_commands_read_what_they_are_given(tmp_path: Path) -> None:
    """However much that is."""
    argvs = [[sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"]] * 2
    answers = process.outputs(argvs, cwd=str(tmp_path), env={}, stdin=b"x" * 1_000_000)
    assert [out for _, out, _ in answers] == [b"1000000\n", b"1000000\n"]


@pytest.fixture
def _ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test end everything, and the next one start again."""
    monkeypatch.setattr(process, "_ending", threading.Event())


@pytest.mark.usefixtures("_ending")
def test_short_commands_end_with_all_others(tmp_path: Path) -> None:
    """A polite end of the run is one of theirs."""
    argvs = [[sys.executable, "-c", "import time; time.sleep(60)"]]
    timer = threading.Timer(0.5, process.end_all)
    timer.start()
    [(code, _, _)] = process.outputs(argvs, cwd=str(tmp_path), env={})
    timer.join()
    assert code == -signal.SIGTERM


@pytest.mark.usefixtures("_ending")
def test_a_process_that_is_just_being_started_ends_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is ended between the question whether it may start and its start."""
    real, threads = subprocess.Popen, []

    def late(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        threads.append(threading.Thread(target=process.end_all))
        threads[-1].start()
        time.sleep(0.5)
        return real(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", late)
    done = _python("import time; time.sleep(20)", tmp_path)
    threads[-1].join()
    assert done.code == -signal.SIGTERM
