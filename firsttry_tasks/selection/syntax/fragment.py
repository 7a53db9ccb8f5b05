"""A fragment of a Python file: a statement of a module or class, or the body of one function."""

from __future__ import annotations

import re

from msgspec import Struct

#: Names of a module that are used without being written.
HOOKS = re.compile(
    r"__getattr__|__dir__|__path__|pytest\w*|set[uU]p\w*|tear[dD]own\w*|collect_ignore\w*|load_tests"
)
#: Names of members with a meaning to Python, pytest or unittest.
MAGIC = re.compile(
    r"__\w+__|pytest\w*|set[uU]p\w*|tear[dD]own\w*|collect_ignore\w*|load_tests"
    r"|_missing_|_ignore_|_generate_next_value_"
)

#: Ends of the qualified names of what runs for each new object.


class Uses(Struct, frozen=True, array_like=True, gc=False):
    """The names that a fragment refers to, sorted by what it does with them."""

    #: Names that stand alone, as in ``name`` or ``name.part``.
    names: frozenset[str] = frozenset()
    #: Names behind a dot, in an import or in a string (``visit_*`` for the string ``visit_``).
    attrs: frozenset[str] = frozenset()
    #: Names in annotations of variables: only some classes look at those.
    annotations: frozenset[str] = frozenset()
    #: Modules, classes and functions given away as a whole, where any part of them may be looked
    #: at, and strings that may name such (``'conf.settings``).
    passed_on: frozenset[str] = frozenset()
    #: Names in strings that a variable is given, for other code to look up.
    data_strings: frozenset[str] = frozenset()
    #: Names that a body has without calling them or asking for a part of them: ``name``,
    #: ``'name`` in a string, ``name.__doc__`` where only that is asked for, ``(name`` as argument.
    held: frozenset[str] = frozenset()
    #: Modules that it imports, relative ones with their dots.
    imports: frozenset[str] = frozenset()
    #: Attributes that it gives a value, of whatever object.
    sets: frozenset[str] = frozenset()
    #: (first name, last name) of chains that are assigned to or have a method called, such as
    #: ``registry.entries.append``.
    writes: frozenset[tuple[str, str]] = frozenset()
    #: (name, attribute) for attributes that stand only behind plain names that aren't local ones.
    behind: frozenset[tuple[str, str]] = frozenset()


class Reflection(Struct, frozen=True, array_like=True, gc=False):
    """What a fragment looks up by names that are not written in it."""

    #: It may refer to any name at all (``vars()``, ``getmembers``).
    any_name: bool = False
    #: It may look at any member of a class (``__dict__``, ``get_type_hints``).
    any_member: bool = False
    #: It may refer to any name of its own module (``globals()``, ``eval``).
    own_module: bool = False
    #: A class that looks at nobody's members, or a member that only code naming it notices.
    plain_class: bool = False
    #: The same for methods: nothing in the class looks at them, so none is noticed unnamed.
    undecorated_methods: bool = False
    #: It may look at any member of its own object (``getattr(self, make(x))``).
    own_member: bool = False
    #: It may refer to any name behind these (``vars(operator)``).
    searched: frozenset[str] = frozenset()


class Fragment(Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """One fragment of a file."""

    #: Qualified name: of the function for a body, of the scope it stands in for a statement; of
    #: what it describes for a docstring that is a fragment of its own.
    qualname: str
    is_function_body: bool
    #: First and last line, counted from 1.
    first: int
    last: int
    #: Of the code without comments, layout and the fragments inside it.
    digest: bytes
    #: The names that a statement sets.
    binds: frozenset[str] = frozenset()
    uses: Uses = Uses()
    reflection: Reflection = Reflection()
    #: A body is given arguments, besides its own object.
    takes: bool = False
    #: It does more than bind names; of annotations: they ask what they name for something, as in
    #: ``a.B`` and ``A[B]``.
    has_effect: bool = False
    #: It may raise while it runs.
    may_raise: bool = False
    #: It imports every name of a module.
    star: bool = False
    is_class: bool = False
    #: What a definition says of itself, which only code that asks for it notices: a docstring
    #: (with ``is_class``, a class's), or with ``of_types`` the annotations of a function. These
    #: ``may_raise`` where they are evaluated.
    is_doc: bool = False
    of_types: bool = False
    #: A function that decorators make something of.
    decorated: bool = False
    #: Last names of the bases of a class.
    bases: tuple[str, ...] = ()


def own_name(fragment: Fragment) -> str:
    """Return what a function is called where it is defined."""
    return fragment.qualname.rpartition(".")[2].partition("#")[0]


def is_evaluated(fragment: Fragment) -> bool:
    """Tell whether a changed name makes a fragment another one for who imports its module.

    Annotations count: they are evaluated then, or later, when somebody asks for them.
    """
    return not fragment.is_function_body and (fragment.of_types or not fragment.is_doc)


def concerns_importers(fragment: Fragment) -> bool:
    """Tell whether a changed statement may concern every importer of its module."""
    return fragment.star or (not fragment.qualname and any(map(HOOKS.fullmatch, fragment.binds)))
