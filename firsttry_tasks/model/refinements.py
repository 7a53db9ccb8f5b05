"""Names the refinements of selection, each of which may be switched off.

Below them lie what tests were seen to run and to look at, and the names by which module-level code
refers to other code. A refinement says of what refers so that a change doesn't concern it. None is
needed for soundness: without it, as many tests or more are selected.
"""

from __future__ import annotations

from typing import Literal

Refinement = Literal[
    "annotations",
    "content",
    "docstrings",
    "instances",
    "makers",
    "members",
    "moved-imports",
    "outside-names",
    "reflection",
    "side-effects",
]

#: What each of them says.
REFINEMENTS: dict[Refinement, str] = {
    "annotations": "a function's annotations concern code that may read them",
    "content": "what a test left is compared with what it leaves now, where all in it can be told",
    "docstrings": "a docstring concerns code that may read it",
    "instances": "a member of a class concerns code that may have an object of it",
    "makers": "what a test left was made by what changes it, and by what that calls",
    "members": "a member of a class concerns code that names it, not all that name the class",
    "moved-imports": "an import that stands elsewhere binds what it bound",
    "outside-names": "an attribute of what is imported from elsewhere is none of ours",
    "reflection": "`getattr(self, made_up)` finds a member, `globals()` a name of its module",
    "side-effects": "a statement changes what it binds, and what the functions that it ran change",
}
