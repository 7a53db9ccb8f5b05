"""Stores keep golden caches: each is a flat set of files, and one URL chooses its kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from firsttry_tasks.model.errors import FirstTryError, UsageError

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Stored


#: URL schemes that the obstore library serves; http and https mean WebDAV.
OBJECTS = ("s3", "gs", "az", "http", "https")


class StoreError(FirstTryError):
    """A store that can't be reached or refuses access; warm runs go on without it."""


class Store(Protocol):
    """What every kind of store can do; each method raises StoreError with a sentence."""

    def entries(self) -> tuple[Stored, ...]:
        """Return all files with their sizes and times, by one listing."""

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file, or None where there is none; TooLargeError beyond ``most`` bytes."""

    def put(self, key: str, data: bytes) -> None:
        """Write a file, whole or not at all."""

    def delete(self, key: str) -> None:
        """Remove a file; absent is fine."""


class RefusedError(StoreError):
    """A file that is refused although the store answers; callers may try another file."""


class TooLargeError(RefusedError):
    """A file that is larger than it may be."""

    def __init__(self, key: str, most: int) -> None:
        """Name the file and the bytes that were allowed."""
        super().__init__(f"{key} is larger than {most} bytes")


def open_store(
    url: str, root: Path, seconds: float, main: str = "main", *, holding: bool = False
) -> Store:
    """Return the store at ``url``, a folder where it names no scheme; no request is made.

    ``seconds`` bounds each request; ``main`` is the branch whose runs are believed; ``holding``
    says that an archive is here by which deltas can be read.
    """
    scheme, mark, rest = url.partition("://")
    # Without a scheme it is a path, relative to the project, as pyproject.toml would have it.
    if not mark or scheme == "file":
        # Each kind is imported where it is chosen: a warm run that restores nothing pays for none.
        from firsttry_tasks.stores.folder import FolderStore

        return FolderStore(root / Path(rest if mark else url).expanduser())
    if scheme == "github":
        from firsttry_tasks.stores.github import GitHubStore, trusted

        return GitHubStore(trusted(url, main), root, seconds, holding=holding)
    if scheme in OBJECTS:
        from firsttry_tasks.stores.objects import ObjectsStore

        # Messages get the shown address: a password may stand in the URL, and CI logs are public.
        return ObjectsStore(url, shown(url), seconds)
    known = ", ".join(f"{name}://" for name in ("file", "github", *OBJECTS))
    # Told when it is opened, not at the first request, which a warm run would only note.
    raise UsageError(f"store = {url!r}: known are a folder and {known}.")


def shown(url: str) -> str:
    """Return the URL without user name and password."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else url
