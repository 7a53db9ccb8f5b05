"""In what interpreters differ: each difference has a name here, and says where it is so."""

import sys

_CPYTHON = sys.implementation.name == "cpython"
#: Built to run without the global interpreter lock (PEP 703).
_FREE_THREADED = "t" in getattr(sys, "abiflags", "")

#: `sys.monitoring` tells which code starts (PEP 669).
MONITORING = sys.version_info >= (3, 12)

#: A code object counts its starts until it is warm (``_PyCode_Warmup``, in CPython 3.11 alone).
COUNTED_STARTS = _CPYTHON and sys.version_info[:2] == (3, 11)

#: A class has more references while there are objects of it, and ``gc.collect(1)`` looks at all
#: young ones. From CPython 3.14 on frames borrow references without counting them, and
#: ``gc.collect(1)`` is one step of a collection in small steps; without the lock, references to
#: a class are counted by each thread for itself.
COUNTED_OBJECTS = _CPYTHON and not _FREE_THREADED and sys.version_info < (3, 14)
