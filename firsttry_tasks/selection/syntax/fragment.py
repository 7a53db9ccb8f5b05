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
CONSTRUCTORS = (".__init__", ".__new__")


class Fragment(Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    """One fragment; its ``digest`` leaves out comments, layout and the fragments inside it.

    ``key`` is the qualified name of a function's body, or of the scope a statement stands in;
    ``first`` and ``last`` are lines. Of names, ``binds`` are those it sets, ``names`` those it
    refers to bare, ``attrs`` those behind a dot, in an import or in a string (``visit_*`` for a
    string ``visit_``), ``hints`` those in annotations of variables. ``handed`` are modules,
    classes and other things that go elsewhere as a whole, where any part of them may be looked at,
    and strings that may name them (``'conf.settings``). ``carried`` are names in strings that a
    variable is given, for others to look up. ``told`` are those that a body only calls, or asks
    whether something is of their kind: of a class it gets nothing but new objects. ``free`` are
    those that it has without calling them or asking for a part of them: ``name``, ``'name`` in a
    string, ``name.__doc__`` where only that is asked for, ``(name`` where a call is given it.
    ``imports`` are modules, relative ones with their dots. ``sets`` are attributes that are given
    a value. ``writes`` are pairs (first name, last name) of chains that are assigned to or called
    a method of, such as ``registry.entries.append``.

    ``effect``: does more than bind names. ``unsafe``: may raise while it runs. ``wild``: may refer
    to any name; ``peeks``: to any member of a class; ``mirror``: to any name of its module.
    ``memo``: may keep for later what it computed, under the names that it ``keeps``; ``parts`` are
    the names in what it does only where that lacks, none where that may be anything; ``own``:
    objects keep it, its own one but for the attributes in ``others``; of the attributes in
    ``items`` it is an item. ``fills`` are attributes of its own object that a body sets, ``lends``
    those among them that are given what others may have, too. ``made`` are
    names of what the kept was made by, with ``.`` before its own object's, ``:`` before others';
    ``takes``: it may be what others made; ``gets`` tells of what such a body calls and was given:
    "" of functions, ``.name`` of its object's attributes; ``cache``: a decorator does so, so that
    it need not run again. ``star``: imports every name of a module. ``plain``: a class that looks
    at nobody's members, or a member of one that only those notice who name it. ``mild``: a class
    that looks at nobody's methods, or a method of one. ``looks``: asks what functions say of
    themselves. ``is_doc``: a docstring that only those notice who ask for it; its ``key`` is what
    it belongs to, ``free`` is how that is had; with ``is_class`` it is a class's.
    ``decor`` is the digest of a function's decorators.
    """

    key: str
    body: bool
    first: int
    last: int
    digest: bytes
    binds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    attrs: frozenset[str] = frozenset()
    hints: frozenset[str] = frozenset()
    handed: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    writes: frozenset[tuple[str, str]] = frozenset()
    effect: bool = False
    unsafe: bool = False
    wild: bool = False
    peeks: bool = False
    mirror: bool = False
    memo: bool = False
    parts: frozenset[str] = frozenset()
    own: bool = False
    items: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    lends: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    takes: bool = False
    gets: frozenset[str] = frozenset()
    cache: bool = False
    keeps: frozenset[str] = frozenset()
    star: bool = False
    plain: bool = False
    mild: bool = False
    looks: bool = False
    is_class: bool = False
    is_doc: bool = False
    decor: bytes = b""
    bases: tuple[str, ...] = ()


def own_name(fragment: Fragment) -> str:
    """Return what a function is called where it is defined."""
    return fragment.key.rpartition(".")[2].partition("#")[0]
