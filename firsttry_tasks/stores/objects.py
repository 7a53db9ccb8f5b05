"""A store in S3, GCS, Azure or WebDAV, through the obstore library."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import Stored
from firsttry_tasks.stores import StoreError, TooLargeError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

#: Retries of one request, within its time. A judgement: the library's ten would use up a warm
#: run's second on a server that is down.
RETRIES = 2
#: Variables that allow a store without TLS, as the clouds' own tools spell them; local servers for
#: tests need it.
PLAIN = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")


class ObjectsStore:
    """The objects directly below one URL; credentials come from where the cloud's tools look."""

    def __init__(self, url: str, shown: str, seconds: float, folder: str = "") -> None:
        """Connect to nothing yet; messages name ``shown``, ``folder`` is one below ``url``."""
        self._shown = shown
        self._folder = f"{folder}/" if folder else ""
        self._store = _open(url, shown, seconds)

    def entries(self) -> tuple[Stored, ...]:
        """Return all objects directly below the URL, by one listing."""
        import obstore

        try:
            # With a delimiter the runs in their folder are not listed: a warm run pays for boxes
            # only.
            found = obstore.list_with_delimiter(self._store, self._folder or None)["objects"]
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._trouble("list", error) from error
        return tuple(
            Stored(
                key=one["path"].rpartition("/")[2],
                size=one["size"],
                modified=one["last_modified"].timestamp(),
            )
            for one in found
            # Some WebDAV servers list the folder itself, as an object without a name.
            if one["path"].strip("/") != self._folder.strip("/")
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return an object's bytes; TooLargeError, before they are read, beyond ``most``."""
        import obstore

        try:
            answer = obstore.get(self._store, self._folder + key)
            if answer.meta["size"] > most:
                raise TooLargeError(key, most)
            return bytes(answer.bytes())
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._trouble("read", error) from error

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one request, which a store takes whole or not at all."""
        import obstore

        try:
            # A multipart upload that is cut off leaves parts that cost money and are never shown.
            obstore.put(self._store, self._folder + key, data, use_multipart=False)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._trouble("write to", error) from error

    def delete(self, key: str) -> None:
        """Remove an object."""
        import obstore

        try:
            obstore.delete(self._store, self._folder + key)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._trouble("delete from", error) from error

    def _trouble(self, verb: str, error: Exception) -> StoreError:
        # The library's messages have several lines, and end in a dump of the answer.
        words = " ".join(str(error).split())
        return StoreError(f"Can't {verb} {self._shown}: {words[:300]}.")


def _open(url: str, shown: str, seconds: float) -> ObjectStore:
    """Return the library's store for the URL; FirstTryError where it is not installed."""
    # An extra: most projects keep their boxes in a folder or at GitHub and don't need the library.
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise FirstTryError(
            f"store = {shown!r} needs the object store library; "
            "run: python -m pip install 'firsttry-tasks[stores]'"
        ) from error
    wait = timedelta(seconds=seconds)
    client: ClientConfig = {"timeout": wait, "connect_timeout": wait}
    if url.startswith("http://") or any(os.environ.get(name) == "true" for name in PLAIN):
        client["allow_http"] = True
    retry: RetryConfig = {"max_retries": RETRIES, "retry_timeout": wait}
    try:
        return from_url(url, client_options=client, retry_config=retry)
    except (BaseError, ValueError) as error:
        raise UsageError(f"store = {shown!r}: {error}") from error
