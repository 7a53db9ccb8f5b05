"""Names the marks in a tree's entries: what stands in a file is mostly, but not always, known.

An entry is ``<mode> <blob>``; `system/working_tree.py` says what else may follow the mode.
"""

#: The mode of symbolic links.
LINK = "120000"
#: Follows the mode of what is there and can't be read; behind it stands when that last changed.
UNREADABLE = "?"
#: Stands where a link leads to more than is looked at, so that nobody knows what changes there.
ENDLESS = "?"
#: Ends the entry of a link that leads out of the repository: no other path stands for its target.
OUTSIDE = " outside"


def is_link(entry: str) -> bool:
    """Tell whether an entry is a symbolic link's."""
    return entry.startswith(f"{LINK} ")


def is_unreadable(entry: str) -> bool:
    """Tell whether the content can't be read; the entry changes whenever the content may."""
    return f" {UNREADABLE}" in entry


def is_endless(entry: str) -> bool:
    """Tell whether nobody knows what stands there, nor whether it changed."""
    return entry.endswith(f"+{ENDLESS}")
