"""Child processes of every kind: what they import, read and run is the test's concern too."""

from tests.soundness.case import room, swap
from tests.soundness.trees import child, python_child

case = room("child process")


_CHANGE = swap("number.py", "1", "2")
_MORE = swap("answer.py", "return N", "return N + 1")


_SPAWN = """
import multiprocessing
import answer
def start():
    context = multiprocessing.get_context("{how}")
    with context.Pool(1) as pool:
        return pool.apply(answer.answer)
"""

_LATE = """
import multiprocessing
def work(queue):
    import answer
    queue.put(answer.answer())
def start():
    context = multiprocessing.get_context("{how}")
    queue = context.Queue()
    child = context.Process(target=work, args=(queue,))
    child.start()
    found = queue.get(timeout=20)
    child.join()
    return found
"""

_FORK = """
def start():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            {does}
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writer)
    return os.read(reader, 10)
"""

_CLEARED = """
    --- answer.py
    from number import N
    if __name__ == "__main__":
        print(N)
    --- number.py
    N = 1
    --- test_start.py
    import os, subprocess, sys
    from pathlib import Path
    from unittest import mock
    HERE = Path(__file__).parent
    def test_start():
        with mock.patch.dict(os.environ, clear=True):
            out = subprocess.check_output([sys.executable, "answer.py"], cwd=HERE{more})
        assert int(out) == 1
"""

CASES = (
    case("script", python_child("'answer.py'"), _CHANGE, quick=True),
    case("script-in-a-cleared-environment", _CLEARED.format(more=""), _CHANGE),
    case("script-given-one-after-clearing", _CLEARED.format(more=", env={}"), _CHANGE),
    case("script-itself", python_child("'answer.py'"), _MORE),
    case("module-by-its-name", python_child("'-m', 'answer'"), _CHANGE),
    case(
        "program-on-the-command-line",
        python_child("'-c', 'import answer; print(answer.answer())'"),
        _CHANGE,
    ),
    case(
        "isolated-interpreter",
        python_child(
            "'-I', '-c', 'import sys; sys.path.insert(0, \".\"); import answer; "
            "print(answer.answer())'"
        ),
        _CHANGE,
    ),
    case("interpreter-without-site", python_child("'-S', 'answer.py'"), _CHANGE),
    case("empty-environment", python_child("'answer.py'", ", env={}"), _CHANGE),
    case(
        "another-folder",
        child(
            "def start():\n    return subprocess.check_output("
            "[sys.executable, HERE / 'answer.py'], cwd='/')"
        ),
        _CHANGE,
    ),
    case(
        "through-a-shell",
        child(
            "def start():\n    return subprocess.check_output("
            "f'{sys.executable} answer.py', shell=True, cwd=HERE)"
        ),
        _CHANGE,
    ),
    case(
        "os-popen",
        child("def start():\n    return os.popen(f'{sys.executable} answer.py').read()"),
        _CHANGE,
    ),
    case(
        "os-system",
        child(
            "def start():\n    os.system(f'{sys.executable} answer.py > out.log')\n"
            "    return open('out.log').read()"
        ),
        _CHANGE,
    ),
    case(
        "posix-spawn",
        child(
            "def start():\n    pid = os.posix_spawn(sys.executable, [sys.executable, '-c', "
            "'import answer; raise SystemExit(answer.answer())'], os.environ)\n"
            "    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
        ),
        _CHANGE,
    ),
    case(
        "fork",
        child(_FORK.format(does="import answer; os.write(writer, b'%d' % answer.answer())")),
        _CHANGE,
    ),
    case(
        "fork-and-exec",
        child(
            _FORK.format(
                does="os.dup2(writer, 1); os.execv(sys.executable, [sys.executable, 'answer.py'])"
            )
        ),
        _CHANGE,
    ),
    *(
        case(f"multiprocessing-{how}", child(_LATE.format(how=how)), _CHANGE)
        for how in ("fork", "spawn", "forkserver")
    ),
    case(
        "multiprocessing-pool",
        child(_SPAWN.format(how="fork")),
        _MORE,
    ),
    case(
        "pool-of-processes",
        child(
            "from concurrent.futures import ProcessPoolExecutor\ndef work():\n"
            "    import answer\n    return answer.answer()\ndef start():\n"
            "    with ProcessPoolExecutor(1) as pool:\n        return pool.submit(work).result()"
        ),
        _CHANGE,
    ),
    case(
        "asyncio-subprocess",
        child(
            "import asyncio\nasync def go():\n"
            "    child = await asyncio.create_subprocess_exec(sys.executable, 'answer.py', "
            "stdout=subprocess.PIPE)\n    return (await child.communicate())[0]\n"
            "def start():\n    return asyncio.run(go())"
        ),
        _CHANGE,
    ),
    case(
        "grandchild",
        python_child(
            "'-c', 'import os, sys; os.spawnl(os.P_WAIT, sys.executable, \"p\", \"answer.py\")'"
        ),
        _CHANGE,
    ),
)
