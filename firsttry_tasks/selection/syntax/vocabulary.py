"""Lists the words that mean something to selection: Python's, its library's, and common ones.

Where a list names what has no effect (`READING`, `INNOCENT`), a word too many can miss a test.
Where it names what has one (`TYPES`), a word too few can.
"""

import builtins

#: Functions that look up an attribute by its name.
LOOKUPS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
#: Methods that builtin types have too: the name alone doesn't tell whose method is called.
COMMON = frozenset(
    name
    for kind in (builtins, str, bytes, bytearray, int, float, list, tuple, dict, set)
    for name in dir(kind)
    if not name.startswith("_")
)
#: Methods that change nothing, unless they are the project's own, whose bodies say what they do.
READING = frozenset(
    {"items", "keys", "values", "get", "copy", "index", "count", "join", "format", "split",
     "rsplit", "splitlines", "strip", "lstrip", "rstrip", "startswith", "endswith", "lower",
     "upper", "title", "replace", "partition", "rpartition", "removeprefix", "removesuffix",
     "encode", "decode", "isdisjoint", "issubset", "issuperset", "union", "intersection",
     "difference", "match", "search", "fullmatch", "findall", "finditer", "sub", "__get__"}
)  # fmt: skip
#: Calls that ask whether something is of a kind.
KINDS = frozenset({"isinstance", "issubclass"})
#: Modules and methods that make instances without running their constructor.
REVIVING = frozenset(
    {"pickle", "cPickle", "dill", "cloudpickle", "jsonpickle", "joblib", "shelve", "diskcache",
     "copyreg", "marshal", "__new__", "__setstate__", "__reduce__", "__reduce_ex__"}
)  # fmt: skip
#: Calls that look at no member of what they are given, or at one that they are told by name.
INNOCENT = LOOKUPS | KINDS | {
    "super", "type", "id", "callable", "cast", "raises", "warns",
    "object", "len", "list", "append", "add", "version", "distribution", "getLogger", "warn",
}  # fmt: skip
#: Ends the name of a function whose result is changed. No name can end so.
CALLED = "()"
#: Decorators of a method that do nothing to its class.
METHODICAL = frozenset(
    {"property", "setter", "getter", "deleter", "staticmethod", "classmethod", "overload", "final",
     "override", "cached_property", "lru_cache", "cache", "contextmanager", "asynccontextmanager"}
)  # fmt: skip
#: Decorators of a method that runs when the attribute is asked for.
ACCESSING = frozenset({"property", "setter", "getter", "deleter", "cached_property"})
#: Decorators of a class that look at no methods but those with a meaning to Python.
MILD = frozenset({"dataclass", "final", "total_ordering", "unique"})
#: Ways to reach things whose names stand nowhere in the code: of anything, of a class.
ANY_NAME = frozenset({"vars", "dir", "getmembers", "__subclasses__", "__all__"})
#: How unittest looks for tests by the names that they begin with. A local name is something else.
LOADERS = frozenset({"TestLoader", "defaultTestLoader", "TestProgram"})
ANY_MEMBER = frozenset({"__dict__", "__annotations__", "get_type_hints"})
#: Names that decorators give to a function. The ``__dict__`` of a function holds no member of a
#: class, so asking for it reflects nothing.
FUNCTIONS = frozenset({"f", "fn", "func", "function", "method", "wrapped", "wrapper"})
#: Builtins among those below and above: behind a dot, or as a local name, they are something else.
BARE = frozenset({"vars", "dir", "globals", "eval", "exec"})
#: Ways to reach any name of the own module.
OWN_MODULE = frozenset({"globals", "eval", "exec", "__globals__"})
#: Ways to read annotations.
TYPES = frozenset(
    {"signature", "getfullargspec", "__annotations__", "get_type_hints", "get_annotations",
     "__signature__", "__annotate__"}
)  # fmt: skip
#: Decorators of the standard library that read the annotations of what they are given.
TYPED = frozenset({"singledispatch", "singledispatchmethod", "register"})
#: Ways to read a docstring. ``help`` is apart because it is a builtin, and a common name besides.
DOCS = frozenset({"__doc__", "getdoc", "pydoc"})
HELP = "help"
#: Bases whose brackets hold type variables.
GENERIC = frozenset({"Generic", "Protocol"})
#: Calls whose first argument is a label, not the name of something to look up.
LABELLING = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "getLogger", "compile"})
