"""Values that are made when first asked for, and kept: who asks next gets the same."""

from __future__ import annotations

from tests.soundness.case import Case, room, swap

_room = room("kept when first asked")
_TREE = """
    --- deep.py
    def compute():
        return "code"
    --- style.py
    from deep import compute
{style}
    --- test_style.py
    from style import *
    def test_first():
        {first}
    def test_second():
        assert {second} == "code"
"""

#: What most of them ask: a class whose objects keep what they made.
_STYLE = """
    class Style:
        _code = None
        def render(self):
            if self._code is None:
                self._code = compute()
            return self._code
"""


def case(name: str, style: str, first: str = "BOLD.render()", second: str = "") -> Case:
    """Return a case in which only the first test runs what makes the value."""
    tree = _TREE.format(style=style.strip("\n"), first=first, second=second or first)
    return _room(name, tree, swap("deep.py", '"code"', '"mode"'))


CASES = (
    case(
        "by-a-method-that-returns-early",
        """
    class Style:
        def __init__(self):
            self._code = None
        def render(self):
            if self._code is not None:
                return self._code
            self._code = compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "behind-a-flag-with-which-a-method-returns-early",
        """
    class Style:
        def __init__(self):
            self.ready = False
            self.code = ""
        def prepare(self):
            if self.ready:
                return
            self.code = compute()
            self.ready = True
        def render(self):
            self.prepare()
            return self.code
    BOLD = Style()
        """,
    ),
    case(
        "beside-the-flag-that-says-so",
        """
    class Style:
        ready = False
        code = ""
        def prepare(self):
            if not self.ready:
                self.code = compute()
                self.ready = True
    BOLD = Style()
        """,
        "BOLD.prepare()",
        "BOLD.code",
    ),
    case(
        "anew-when-it-is-out-of-date",
        """
    class Style:
        def __init__(self):
            self.stale = True
            self.code = ""
        def render(self):
            if self.stale:
                self.code = compute()
                self.stale = False
            return self.code
    BOLD = Style()
        """,
    ),
    case(
        "where-an-object-has-no-such-attribute",
        """
    class Style:
        def render(self):
            if hasattr(self, "_code"):
                return self._code
            self._code = compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "where-getting-an-attribute-fails",
        """
    class Style:
        def render(self):
            try:
                return self._code
            except AttributeError:
                pass
            self._code = compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "where-a-walrus-finds-nothing",
        """
    class Style:
        _code = None
        def render(self):
            if (code := self._code) is not None:
                return code
            code = self._code = compute()
            return code
    BOLD = Style()
        """,
    ),
    case(
        "where-a-local-name-finds-nothing",
        """
    class Style:
        _code = None
        def render(self):
            code = self._code
            if code is None:
                code = self._code = compute()
            return code
    BOLD = Style()
        """,
    ),
    case(
        "by-an-or",
        """
    class Style:
        _code = ""
        def render(self):
            self._code = self._code or compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "by-a-conditional-expression",
        """
    class Style:
        _code = None
        def render(self):
            self._code = compute() if self._code is None else self._code
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "where-a-match-finds-nothing",
        """
    class Style:
        _code = None
        def render(self):
            match self._code:
                case None:
                    self._code = compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "by-setattr",
        """
    class Style:
        def render(self):
            if getattr(self, "_code", None) is None:
                setattr(self, "_code", compute())
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "together-with-something-else",
        """
    class Style:
        _code = None
        def render(self):
            if self._code is None:
                self._code, self._name = compute(), "bold"
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "under-a-key-of-a-dictionary-with-a-local-name",
        """
    class Style:
        def __init__(self):
            self._codes = {}
        def render(self):
            codes = self._codes
            if "a" not in codes:
                codes["a"] = compute()
            return codes["a"]
    BOLD = Style()
        """,
    ),
    case(
        "under-a-key-of-a-module's-dictionary-with-a-local-name",
        """
    CODES = {}
    def render():
        codes = CODES
        if "a" not in codes:
            codes["a"] = compute()
        return codes["a"]
        """,
        "render()",
    ),
    case(
        "in-an-object-that-a-function-is-given",
        """
    class Style:
        code = None
    def render(style):
        if style.code is None:
            style.code = compute()
        return style.code
    BOLD = Style()
        """,
        "render(BOLD)",
    ),
    case(
        "in-an-object-of-the-library",
        """
    import types
    BOLD = types.SimpleNamespace(code=None)
    def render(style):
        if style.code is None:
            style.code = compute()
        return style.code
        """,
        "render(BOLD)",
    ),
    case(
        "on-the-class",
        """
    class Style:
        code = None
        def render(self):
            if Style.code is None:
                Style.code = compute()
            return Style.code
        """,
        "Style().render()",
    ),
    case(
        "on-the-class-of-the-object",
        """
    class Style:
        code = None
        def render(self):
            if self.code is None:
                type(self).code = compute()
            return self.code
        """,
        "Style().render()",
    ),
    case(
        "on-the-function-itself",
        """
    def render():
        if not hasattr(render, "code"):
            render.code = compute()
        return render.code
        """,
        "render()",
    ),
    case(
        "in-a-default-argument",
        """
    def render(name, known={}):
        if name not in known:
            known[name] = compute()
        return known[name]
        """,
        "render('a')",
    ),
    case(
        "in-a-thread-local",
        """
    import threading
    LOCAL = threading.local()
    def render():
        if not hasattr(LOCAL, "code"):
            LOCAL.code = compute()
        return LOCAL.code
        """,
        "render()",
    ),
    case(
        "in-a-context-variable",
        """
    import contextvars
    CODE = contextvars.ContextVar("code")
    def render():
        try:
            return CODE.get()
        except LookupError:
            CODE.set(compute())
            return CODE.get()
        """,
        "render()",
    ),
    case(
        "in-a-weak-dictionary",
        """
    import weakref
    class Name:
        pass
    NAME = Name()
    KNOWN = weakref.WeakKeyDictionary()
    def render():
        if NAME not in KNOWN:
            KNOWN[NAME] = compute()
        return KNOWN[NAME]
        """,
        "render()",
    ),
    case(
        "in-a-weak-dictionary-that-is-walked",
        """
    import weakref
    class Name:
        pass
    KNOWN = weakref.WeakKeyDictionary()
    def render():
        if not KNOWN:
            name = Name()
            name.code = compute()
            KNOWN[name] = name
        return next(KNOWN.values()).code
        """,
        "render()",
    ),
    case(
        "in-a-dictionary-of-the-class",
        """
    class Style:
        codes = {}
        def render(self):
            if "a" not in self.codes:
                self.codes["a"] = compute()
            return self.codes["a"]
        """,
        "Style().render()",
    ),
    case(
        "in-a-dictionary-that-objects-are-given",
        """
    CODES = {}
    class Style:
        def __init__(self, codes):
            self.codes = codes
        def render(self):
            if "a" not in self.codes:
                self.codes["a"] = compute()
            return self.codes["a"]
        """,
        "Style(CODES).render()",
    ),
    case(
        "in-a-dictionary-that-objects-set-aside",
        """
    import shelf
    class Style:
        def __init__(self):
            self.codes = shelf.codes
        def render(self):
            if "a" not in self.codes:
                self.codes["a"] = compute()
            return self.codes["a"]
    --- shelf.py
    codes = {}
        """,
        "Style().render()",
    ),
    case(
        "in-an-object-of-an-heir",
        _STYLE
        + """
    class Bold(Style):
        pass
    BOLD = Bold()
        """,
    ),
    case(
        "in-an-object-of-a-class-that-a-function-made",
        _STYLE
        + """
    def make():
        class Bold(Style):
            pass
        return Bold
    BOLD = make()()
        """,
    ),
    case(
        "in-an-object-that-an-earlier-test-made",
        _STYLE
        + """
    STYLES = []
    def bold():
        if not STYLES:
            STYLES.append(Style())
        return STYLES[0]
        """,
        "bold().render()",
    ),
    case(
        "in-an-object-that-an-earlier-test-left-behind",
        _STYLE
        + """
    STYLES = []
        """,
        "STYLES.append(Style()) or STYLES[0].render()",
        "STYLES[0].render()",
    ),
    case(
        "in-an-object-of-a-late-module",
        """
    def bold():
        from late import BOLD
        return BOLD
    --- late.py
    from deep import compute
    class Style:
        _code = None
        def render(self):
            if self._code is None:
                self._code = compute()
            return self._code
    BOLD = Style()
        """,
        "bold().render()",
    ),
    case(
        "in-an-object-with-slots",
        """
    class Style:
        __slots__ = ("_code",)
        def __init__(self):
            self._code = None
        def render(self):
            if self._code is None:
                self._code = compute()
            return self._code
    BOLD = Style()
        """,
    ),
    case(
        "in-an-object-that-a-closure-holds",
        _STYLE
        + """
    def renderer():
        style = Style()
        return lambda: style.render()
    RENDER = renderer()
        """,
        "RENDER()",
    ),
    case(
        "in-an-object-of-a-fixture",
        _STYLE
        + """
    import pytest
    @pytest.fixture(scope="session", autouse=True)
    def bold():
        global BOLD
        BOLD = Style()
    def asked():
        return BOLD.render()
        """,
        "asked()",
    ),
    case(
        "in-an-object-whose-maker-returns-the-one-there-is",
        """
    class Style:
        _one = None
        def __new__(cls):
            if cls._one is None:
                cls._one = super().__new__(cls)
            return cls._one
        def __init__(self):
            if not hasattr(self, "code"):
                self.code = compute()
        """,
        "Style().code",
    ),
)
