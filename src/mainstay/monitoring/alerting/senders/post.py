"""One HTTP POST of JSON, from a thread."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

from mainstay.monitoring.alerting.notice import NotSent
from mainstay.monitoring.exchange.answer import Answer
from mainstay.monitoring.exchange.post import Post
from mainstay.ports.clock import Clock

TIMEOUT_S = 8.0
MAX_READ_BYTES = 4096
MAX_SHOWN_CHARACTERS = 300
"""Of a refusal: they say why."""

MIN_SECRET_CHARACTERS = 12
"""What is shorter in an address is no secret, but may be any word."""

HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "mainstay",
    "Connection": "close",
}


def post(url: str, body: Mapping[str, Any], clock: Clock) -> None:
    """Return once the other side has taken the body; no redirect is followed.

    One would be followed by a GET, without the body.

    Args:
        url: where; it may hold a secret, so no text shows it.
        body: is sent as JSON.
        clock: monotonic.

    Raises:
        NotSent: it was not taken within 8 s in all, or is refused; why it is refused
            may take a second more.
    """
    answer = _answer(url, json.dumps(body).encode(), clock)
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - success, as HTTP has it
        told = answer.body.decode("utf-8", "replace")
        told = " ".join(_without_secrets(told, url).split())
        reason = f"answered {answer.status} {told[:MAX_SHOWN_CHARACTERS]}".rstrip()
        raise NotSent(reason)


def _answer(url: str, raw: bytes, clock: Clock) -> Answer:
    try:
        with closing(Post(url, HEADERS, clock, keeps=MAX_READ_BYTES)) as posting:
            return posting.send(raw, TIMEOUT_S)
    except TimeoutError:
        raise NotSent(f"did not answer in {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise NotSent(f"cannot be reached: {error}") from None
    except ValueError as error:
        # Its words may quote the address.
        raise NotSent(f"cannot be reached: {type(error).__name__}") from None


def _without_secrets(told: str, url: str) -> str:
    """Return a text without the address's path: many a server says what it has not."""
    parts = urlsplit(url)
    pieces = {parts.path, *parts.path.split("/"), parts.query}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= MIN_SECRET_CHARACTERS:
            told = told.replace(piece, "…")
    return told
