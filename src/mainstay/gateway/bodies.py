"""Request bodies: read with a limit, decoded and checked in one step."""

import json
import re
from typing import Any, TypeVar, cast

import msgspec
from starlette.types import Receive, Scope

from mainstay.gateway.problems import Problem, invalid
from mainstay.gateway.texts import IN_WORDS

MAX_BODY_BYTES = 200 * 1024
"""A 32 KB text may take six times its size in JSON escapes; the rest is for fields."""

T = TypeVar("T")

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `(?P<name>[^`]*)`")
_CHARSETS = ("utf-8", "utf8", '"utf-8"', '"utf8"')


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object from outside; fields it does not name are refused."""


async def read_body(
    scope: Scope, receive: Receive, limit: int = MAX_BODY_BYTES
) -> bytes:
    """Return the whole body.

    Raises:
        Problem: 413 as soon as it is longer than ``limit`` bytes; 400 when the
            caller went away in its middle.
    """
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "incomplete-body", "The body ended too early.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return body


def check_media_type(scope: Scope) -> None:
    """Accept ``application/json`` in UTF-8 (RFC 8259, section 8.1).

    Raises:
        Problem: 415 for anything else.
    """
    value = dict(scope["headers"]).get(b"content-type", b"")
    if value == b"application/json":
        return
    name, *parameters = value.decode("latin-1").lower().split(";")
    if name.strip() == "application/json":
        charset = [p.strip()[8:] for p in parameters if p.strip()[:8] == "charset="]
        if all(c in _CHARSETS for c in charset):
            return
    raise Problem(
        415, "unsupported-media-type", "Send Content-Type: application/json (UTF-8)."
    )


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the decoded body.

    Raises:
        Problem: 400 when it is not JSON in UTF-8, 422 when it has a bad field.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _bad_field(str(error)) from None
    except (ValueError, RecursionError):
        _refuse_surrogates(body)
        raise Problem(400, "malformed-json", "The body is not JSON in UTF-8.") from None


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read: the connection cannot be used again.
    return Problem(
        413,
        "body-too-large",
        f"The body is longer than {limit} bytes.",
        headers={"connection": "close"},
    )


def _bad_field(message: str) -> Problem:
    """Turn the decoder's message into a fault of a named field."""
    parts = _AT.match(message)
    what, where = (parts["what"], parts["where"] or "") if parts else (message, "")
    named = _NAMED.search(what)
    if named:
        where = f"{where}.{named['name']}" if where else named["name"]
        what = "is unknown" if "unknown" in what else "is required"
    for pattern, words in IN_WORDS.items():
        what = what.replace(f"`str` matching regex {pattern!r}", words)
    return invalid(where or "body", what.replace("`", ""))


def _refuse_surrogates(body: bytes) -> None:
    """Tell half a character, which JSON can write down, from broken JSON.

    Raises:
        Problem: 422 naming the field with a lone surrogate (RFC 8259, section 8.2).
    """
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return
    if not isinstance(data, dict):
        return
    for field, value in cast("dict[str, Any]", data).items():
        try:
            json.dumps({field: value}, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            name = field.encode("ascii", "replace").decode()
            raise invalid(name, "must not contain half a surrogate pair") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)
