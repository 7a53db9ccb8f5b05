"""The only door to the network: one message to a webhook whose address is never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.errors import FirstTryError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds to wait for an answer.
PATIENCE = 20


def post(url: str, value: Mapping[str, str]) -> None:
    """Send a value as JSON; raises FirstTryError, without the address, where that fails."""
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    if not url.startswith(("https://", "http://")):
        raise FirstTryError("The webhook's address does not begin with https://.")
    head = {"Content-Type": "application/json"}
    request = Request(url, data=msgspec.json.encode(value), headers=head, method="POST")  # noqa: S310  looked at above
    try:
        with urlopen(request, timeout=PATIENCE):  # noqa: S310  looked at above
            return
    except HTTPError as error:
        raise FirstTryError(f"The webhook answered {error.code}.") from None
    except (URLError, OSError, ValueError) as error:
        why = type(getattr(error, "reason", error)).__name__
        raise FirstTryError(f"The webhook can't be reached ({why}).") from None
