"""What a test leaves in the process, and in things of C and of the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soundness.case import room, swap

if TYPE_CHECKING:
    from tests.soundness.case import Case

_room = room("left in the process", rerun=True)


def case(name: str, start: str, found: str, old: str, new: str, head: str = "") -> Case:
    """Return a case in which the first test runs ``start``, and the second asks for ``found``."""
    tree = f"""
--- shop.py
{head}
def start():
    {start}
def found():
    return {found}
--- test_a.py
import shop
def test_first():
    shop.start()
--- test_b.py
import shop
def test_second():
    assert shop.found()
"""
    return _room(name, tree, swap("shop.py", old, new))


CASES = (
    case(
        "mask-of-new-files",
        "os.umask(0o022)",
        "os.umask(0o022) == 0o022",
        "os.umask(0o022)",
        "os.umask(0o077)",
        "import os",
    ),
    case(
        "policy-of-event-loops",
        "asyncio.set_event_loop_policy(None)",
        "type(asyncio.get_event_loop_policy()) is not Policy",
        "policy(None)",
        "policy(Policy())",
        "import asyncio\nclass Policy(asyncio.DefaultEventLoopPolicy):\n    pass",
    ),
    case(
        "class-in-a-part-of-a-package",
        "json.JSONEncoder.item_separator = ', '",
        "json.dumps([1, 2]) == '[1, 2]'",
        "', '",
        "'; '",
        "import json",
    ),
    case(
        "name-in-a-part-of-a-package",
        "http.client._MAXHEADERS = 100",
        "http.client._MAXHEADERS == 100",
        "HEADERS = 100",
        "HEADERS = 10",
        "import http.client",
    ),
    case(
        "size-of-stacks",
        "threading.stack_size(0)",
        "threading.stack_size() == 0",
        "stack_size(0)\n",
        "stack_size(1 << 18)\n",
        "import threading",
    ),
    case(
        "signals-that-are-blocked",
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])",
        "not signal.pthread_sigmask(signal.SIG_BLOCK, [])",
        "SIG_UNBLOCK",
        "SIG_BLOCK",
        "import signal",
    ),
    case(
        "priority-of-the-process",
        "os.nice(STEP)",
        "os.nice(0) == NICE",
        "nice(STEP)",
        "nice(STEP + 1)",
        "import os\nSTEP, NICE = 0, os.nice(0)",
    ),
    case(
        "limit-of-open-files",
        "resource.setrlimit(FILES, resource.getrlimit(FILES))",
        "resource.getrlimit(FILES)[0] != 99",
        "FILES, resource.getrlimit(FILES))",
        "FILES, (99, resource.getrlimit(FILES)[1]))",
        "import resource\nFILES = resource.RLIMIT_NOFILE",
    ),
    case(
        "opener-of-addresses",
        "request.install_opener(None)",
        "request._opener is None",
        "install_opener(None)",
        "install_opener(request.build_opener(Own))",
        "from urllib import request\nclass Own(request.BaseHandler):\n    pass",
    ),
    case(
        "timer-that-runs",
        "signal.setitimer(signal.ITIMER_REAL, 0)",
        "signal.getitimer(signal.ITIMER_REAL)[0] == 0",
        "ITIMER_REAL, 0",
        "ITIMER_REAL, 900",
        "import signal",
    ),
    case(
        "name-of-a-level-of-logs",
        "logging.addLevelName(35, 'LOUD')",
        "logging.getLevelName(35) == 'LOUD'",
        "'LOUD')",
        "'HIGH')",
        "import logging",
    ),
    case(
        "prefix-of-a-namespace",
        "tree.register_namespace('shop', 'urn:shop')",
        "tree.tostring(tree.Element('{urn:shop}a')).startswith(b'<shop:')",
        "'shop', 'urn",
        "'till', 'urn",
        "import xml.etree.ElementTree as tree",
    ),
    case(
        "generator-of-a-module-that-a-test-has-drawn-from",
        "RANDOM.random()",
        "RANDOM.getstate() != random.Random(5).getstate()",
        "RANDOM.random()",
        "pass",
        "import random\nRANDOM = random.Random(5)",
    ),
    case(
        "text-in-a-stream-of-a-module",
        "STREAM.write('one')",
        "STREAM.getvalue() == 'one'",
        "'one')",
        "'two')",
        "import io\nSTREAM = io.StringIO()",
    ),
    case(
        "place-in-a-stream-of-a-module",
        "STREAM.seek(3)",
        "STREAM.tell() == 3",
        "seek(3)",
        "seek(9)",
        "import io\nSTREAM = io.BytesIO(b'mortar')",
    ),
    case(
        "digest-of-a-module",
        "DIGEST.update(b'one')",
        "DIGEST.hexdigest() == hashlib.sha256(b'one').hexdigest()",
        "update(b'one')",
        "update(b'two')",
        "import hashlib\nDIGEST = hashlib.sha256()",
    ),
    case(
        "number-in-a-large-array-of-a-module",
        "NUMBERS[7] = 1",
        "NUMBERS[7] == 1",
        "= 1\n",
        "= 2\n",
        "import array\nNUMBERS = array.array('q', range(5000))",
    ),
)
