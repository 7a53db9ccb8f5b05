"""Send one message to a webhook, whose address is a secret and appears in no error message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.errors import FirstTryError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds to wait for an answer. A judgement: a chat service answers in one, and a CI step should
#: not stand still for a message.
PATIENCE = 20


def post(url: str, value: Mapping[str, str]) -> None:
    """Send a value as JSON; raises FirstTryError, without the address, where that fails."""
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    # urlopen would also read file:// and ftp://, so a wrong secret could send a local file's text.
    if not url.startswith(("https://", "http://")):
        raise FirstTryError("The webhook's address does not begin with https://.")
    head = {"Content-Type": "application/json"}
    request = Request(url, data=msgspec.json.encode(value), headers=head, method="POST")  # noqa: S310  looked at above
    try:
        with urlopen(request, timeout=PATIENCE):  # noqa: S310  looked at above
            return
    except HTTPError as error:
        # "from None": the address stands in the error that urllib raises, and a traceback shows
        # it.
        raise FirstTryError(f"The webhook answered {error.code}.") from None
    except (URLError, OSError, ValueError) as error:
        # Only the type of the reason: its text may hold the host, which is part of the secret.
        why = type(getattr(error, "reason", error)).__name__
        raise FirstTryError(f"The webhook can't be reached ({why}).") from None
