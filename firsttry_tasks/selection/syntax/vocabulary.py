"""Words with a meaning to selection: of Python, its library, and those that many projects use."""

import builtins

#: Decorators that keep what a function returned.
MEMO = frozenset({"cache", "lru_cache", "cached_property", "cached", "memoize", "singleton"})
#: Functions that look up an attribute by its name.
LOOKUPS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
#: Decorators that don't look at annotations.
UNINTERESTED = frozenset(
    {"property", "setter", "getter", "deleter", "staticmethod", "classmethod", "overload", "final",
     "contextmanager", "asynccontextmanager", "cached_property", "lru_cache", "cache", "wraps",
     "abstractmethod", "fixture", "override", "parametrize", "mark", "skipif", "xfail", "skip"}
)  # fmt: skip
#: What everything has: such a name says little about who is called.
COMMON = frozenset(
    name
    for kind in (builtins, str, bytes, bytearray, int, float, list, tuple, dict, set)
    for name in dir(kind)
    if not name.startswith("_")
)
#: What makes a container that nobody else has.
CONTAINERS = frozenset(
    {"list", "dict", "set", "bytearray", "defaultdict", "OrderedDict", "Counter", "deque"}
)
#: Methods that change nothing, unless they are the project's own, whose bodies say what they do.
READING = frozenset(
    {"items", "keys", "values", "get", "copy", "index", "count", "join", "format", "split",
     "rsplit", "splitlines", "strip", "lstrip", "rstrip", "startswith", "endswith", "lower",
     "upper", "title", "replace", "partition", "rpartition", "removeprefix", "removesuffix",
     "encode", "decode", "isdisjoint", "issubset", "issuperset", "union", "intersection",
     "difference", "match", "search", "fullmatch", "findall", "finditer", "sub", "__get__"}
)  # fmt: skip
#: What stands in code that reads files, lists folders, imports by name or asks for variables.
LOOKING_OUT = frozenset(
    {"open", "read", "read_text", "read_bytes", "readlines", "load", "loads", "load_module",
     "files", "listdir", "scandir", "walk", "iterdir", "glob", "rglob", "exists", "isfile",
     "isdir", "is_file", "is_dir", "stat", "lstat", "access", "environ", "getenv", "getenvb",
     "environb", "expandvars", "expanduser", "home", "import_module", "__import__", "exec_module",
     "fromfile", "parse", "connect", "imread", "run", "Popen", "check_output", "get_data",
     "getmtime", "getsize", "resource_string", "resource_filename", "read_csv", "fileinput",
     "linecache", "ZipFile"}
)  # fmt: skip
#: Calls that ask whether something is of a kind.
KINDS = frozenset({"isinstance", "issubclass"})
#: What makes objects without their constructor, as it was told how by others.
REVIVING = frozenset(
    {"pickle", "cPickle", "dill", "cloudpickle", "jsonpickle", "joblib", "shelve", "diskcache",
     "copyreg", "marshal", "__new__", "__setstate__", "__reduce__", "__reduce_ex__"}
)  # fmt: skip
#: Calls that look at no member of what they are given, or at one that they are told by name.
INNOCENT = LOOKUPS | KINDS | {
    "super", "type", "id", "callable", "cast", "raises", "warns",
    "object", "len", "list", "append", "add", "version", "distribution", "getLogger", "warn",
}  # fmt: skip
CALLED = "()"  # ends the name of a common function whose result is changed
#: Decorators of a method that don't concern its class.
METHODICAL = frozenset(
    {"property", "setter", "getter", "deleter", "staticmethod", "classmethod", "overload", "final",
     "override", "cached_property", "lru_cache", "cache", "contextmanager", "asynccontextmanager"}
)  # fmt: skip
#: Decorators of a method that runs for whoever asks for it.
ACCESSING = frozenset({"property", "setter", "getter", "deleter", "cached_property"})
#: Decorators of a class that take no notice of its methods, but for those with a meaning to Python.
MILD = frozenset({"dataclass", "final", "total_ordering", "unique"})
#: Asking for names that stand nowhere in the code.
ANY_NAME = frozenset({"vars", "dir", "getmembers", "__subclasses__", "__all__"})
ANY_MEMBER = frozenset({"__dict__", "__annotations__", "get_type_hints"})
#: Asking what a function says of itself.
SIGNATURES = frozenset(
    {"signature", "getfullargspec", "getdoc", "cleandoc", "__doc__", "__defaults__", "__code__",
     "__kwdefaults__", "__annotations__", "get_type_hints"}
)  # fmt: skip
#: What functions are called where they are wrapped; in their ``__dict__`` is nothing of a class.
FUNCTIONS = frozenset({"f", "fn", "func", "function", "method", "wrapped", "wrapper"})
OWN_MODULE = frozenset({"globals", "eval", "exec", "__globals__"})
#: How docstrings are asked for; and by which function that nobody imports.
DOCS = frozenset({"__doc__", "getdoc", "pydoc"})
HELP = "help"
GENERIC = frozenset({"Generic", "Protocol"})
#: Calls whose first argument is a label, not the name of something to look up.
LABELLING = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "getLogger", "compile"})
#: Methods that change what they are called on.
CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "extend", "insert", "pop", "popitem", "push", "put",
     "register", "remove", "discard", "set", "setdefault", "update", "send"}
)  # fmt: skip
