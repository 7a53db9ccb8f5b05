"""Code outside a test's own frame: threads, coroutines, signals, finalisers, callbacks."""

from tests.soundness.case import room, swap

case = room("thread and flow")


def _flow(how: str) -> str:
    """Return a tree whose `go` brings `work` to run somewhere and returns what it gave."""
    body = how.strip("\n").replace("\n", "\n    ")
    return f"""
    --- work.py
    def work():
        return 1
    --- flow.py
    import asyncio, queue, signal, sys, threading, time
    import work
    {body}
    --- test_flow.py
    import flow
    def test_first():
        assert flow.go()
    def test_second():
        assert flow.go() == 1
    """


_CHANGE = swap("work.py", "1", "2")
_SERVER = """
inbox, outbox = queue.Queue(), queue.Queue()
def serve():
    while True:
        inbox.get()
        outbox.put(work.work())
{start}
def go():
    inbox.put(1)
    return outbox.get(timeout=10)
"""

CASES = (
    case(
        "thread",
        _flow(
            "def go():\n    out = []\n"
            "    t = threading.Thread(target=lambda: out.append(work.work()))\n"
            "    t.start()\n    t.join()\n    return out[0]"
        ),
        _CHANGE,
    ),
    case(
        "thread-without-the-module",
        _flow(
            "import _thread\ndef go():\n    out = queue.Queue()\n"
            "    _thread.start_new_thread(lambda: out.put(work.work()), ())\n"
            "    return out.get(timeout=10)"
        ),
        _CHANGE,
    ),
    case(
        "thread-started-at-import",
        _flow(_SERVER.format(start="threading.Thread(target=serve, daemon=True).start()")),
        _CHANGE,
    ),
    case(
        "thread-started-by-the-first-test",
        _flow(
            _SERVER.replace("    inbox.put", "    start()\n    inbox.put").format(
                start="begun = []\ndef start():\n    if not begun:\n"
                "        begun.append(threading.Thread(target=serve, daemon=True))\n"
                "        begun[0].start()"
            )
        ),
        _CHANGE,
    ),
    case(
        "result-of-a-thread-started-at-import",
        _flow(
            "out = []\nt = threading.Thread(target=lambda: out.append(work.work()))\n"
            "t.start()\nt.join()\ndef go():\n    return out[0]"
        ),
        _CHANGE,
    ),
    case(
        "pool-of-threads-for-all-tests",
        _flow(
            "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
            "def go():\n    return pool.submit(work.work).result()"
        ),
        _CHANGE,
    ),
    case(
        "timer",
        _flow(
            "def go():\n    out = queue.Queue()\n"
            "    threading.Timer(0.01, lambda: out.put(work.work())).start()\n"
            "    return out.get(timeout=10)"
        ),
        _CHANGE,
    ),
    case(
        "coroutine",
        _flow(
            "async def one():\n    await asyncio.sleep(0)\n    return work.work()\n"
            "def go():\n    return asyncio.run(one())"
        ),
        _CHANGE,
    ),
    case(
        "coroutine-in-a-thread",
        _flow("def go():\n    return asyncio.run(asyncio.to_thread(work.work))"),
        _CHANGE,
    ),
    case(
        "loop-kept-by-the-first-test",
        _flow(
            "kept = []\nasync def one():\n    if not kept:\n        kept.append(work.work())\n"
            "    return kept[0]\ndef go():\n    return asyncio.run(one())"
        ),
        _CHANGE,
    ),
    case(
        "generator",
        _flow("def each():\n    yield work.work()\ndef go():\n    return next(each())"),
        _CHANGE,
    ),
    case(
        "handler-of-a-signal",
        _flow(
            "def go():\n    out = []\n"
            "    signal.signal(signal.SIGUSR1, lambda *_: out.append(work.work()))\n"
            "    signal.raise_signal(signal.SIGUSR1)\n    return out[0]"
        ),
        _CHANGE,
    ),
    case(
        "finaliser-of-an-object",
        _flow(
            "class One:\n    def __del__(self):\n        out.append(work.work())\n"
            "def go():\n    global out\n    out = []\n    One()\n    return out[0]"
        ),
        _CHANGE,
    ),
    case(
        "callback-from-c",
        _flow("def go():\n    return max([0], key=lambda _: work.work()) + work.work()"),
        _CHANGE,
    ),
    case(
        "callback-of-ctypes",
        _flow(
            "import ctypes\n@ctypes.CFUNCTYPE(ctypes.c_int)\ndef call():\n"
            "    return work.work()\ndef go():\n    return call()"
        ),
        _CHANGE,
    ),
    case(
        "method-of-a-builtin-type",
        _flow(
            "class Pairs(dict):\n    def __missing__(self, key):\n        return work.work()\n"
            "def go():\n    return Pairs()['a']"
        ),
        _CHANGE,
    ),
    case(
        "hook-of-imports",
        _flow(
            "import importlib.abc\nclass Finder(importlib.abc.MetaPathFinder):\n"
            "    def find_spec(self, name, path, target=None):\n        if name == 'magic':\n"
            "            raise ImportError(work.work())\n"
            "sys.meta_path.insert(0, Finder())\ndef go():\n    try:\n        import magic\n"
            "    except ImportError as error:\n        return error.args[0]"
        ),
        _CHANGE,
    ),
    case(
        "context-manager",
        _flow(
            "from contextlib import contextmanager\n@contextmanager\ndef held():\n"
            "    yield work.work()\ndef go():\n    with held() as n:\n        return n"
        ),
        _CHANGE,
    ),
)
