"""In what interpreters differ: each difference has a name here, and says where it is so."""

import sys

_CPYTHON = sys.implementation.name == "cpython"

#: `sys.monitoring` tells which code starts (PEP 669).
MONITORING = sys.version_info >= (3, 12)

#: A code object counts its starts until it is warm (``_PyCode_Warmup``, in CPython 3.11 alone).
COUNTED_STARTS = _CPYTHON and sys.version_info[:2] == (3, 11)

#: A function has its annotations as they were compiled until somebody asks for them. From Python
#: 3.14 on they are what a function of its own returns, and who asks for that leaves no trace.
KEPT_ANNOTATIONS = _CPYTHON and sys.version_info < (3, 14)
