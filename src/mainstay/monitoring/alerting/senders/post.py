"""One HTTP POST of JSON, from a thread."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from typing_extensions import override

from mainstay.monitoring.alerting.notice import NotSent

TIMEOUT_S = 8.0
MAX_READ_BYTES = 4096
MAX_SHOWN_CHARACTERS = 300
"""Of a refusal: they say why."""

MIN_SECRET_CHARACTERS = 12
"""What is shorter in an address is no secret, but may be any word."""


class _NoRedirect(HTTPRedirectHandler):
    @override
    def redirect_request(
        self,
        req: Request,
        fp: Any,
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> None:
        """Leave it an error."""


_OPENER = build_opener(_NoRedirect)


def post(url: str, body: Mapping[str, Any]) -> None:
    """Return once the other side has taken the body; no redirect is followed.

    One would be followed by a GET, without the body.

    Args:
        url: where; it may hold a secret, so no text shows it.
        body: is sent as JSON.

    Raises:
        NotSent: it cannot be reached in 8 s, or refuses.
    """
    raw = json.dumps(body).encode()
    headers = {"content-type": "application/json", "user-agent": "mainstay"}
    request = Request(url, raw, headers, method="POST")  # noqa: S310 - settings take http(s) only
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            answer.read(MAX_READ_BYTES)
    except HTTPError as error:
        told = " ".join(_without_secrets(_told_by(error), url).split())
        reason = f"answered {error.code} {told[:MAX_SHOWN_CHARACTERS]}".rstrip()
        raise NotSent(reason) from None
    except URLError as error:
        raise NotSent(f"cannot be reached: {error.reason}") from None
    except (HTTPException, OSError, ValueError) as error:
        raise NotSent(f"cannot be reached: {type(error).__name__}") from None


def _told_by(refusal: HTTPError) -> str:
    """Return what a refusal says, nothing where the line breaks off before."""
    try:
        with refusal:
            return refusal.read(MAX_READ_BYTES).decode("utf-8", "replace")
    except (HTTPException, OSError):
        return ""


def _without_secrets(told: str, url: str) -> str:
    """Return a text without the address's path: many a server says what it has not."""
    parts = urlsplit(url)
    pieces = {parts.path, *parts.path.split("/"), parts.query}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= MIN_SECRET_CHARACTERS:
            told = told.replace(piece, "…")
    return told
