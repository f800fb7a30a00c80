"""A cloud's request, as the Messages API would have had it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mainstay.simulator.wire import Message, Receive

VERSION = "2026-10-21"
_OWN_VERSIONS = ("bedrock-2023-05-31", "vertex-2023-10-16")


@dataclass(frozen=True, slots=True)
class Path:
    """What a cloud's path says.

    Args:
        cloud: ``bedrock`` or ``vertex``.
        model: the model's id with Anthropic.
        stream: whether the answer is streamed.
    """

    cloud: str
    model: str
    stream: bool


def translated(body: bytes, path: Path) -> bytes:
    """Return the body with what a cloud has in its path; as it is if it is no JSON."""
    try:
        data = json.loads(body)
    except ValueError:
        return body
    if not isinstance(data, dict):
        return body
    told = cast("dict[str, Any]", data)
    told.pop("anthropic_version", None)
    return json.dumps({**told, "model": path.model, "stream": path.stream}).encode()


def version_of(body: bytes) -> str:
    """Return the version that a cloud's body names, in Anthropic's words, or ""."""
    try:
        data = json.loads(body)
    except ValueError:
        return VERSION
    found = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    version = str(found.get("anthropic_version", ""))
    return VERSION if version in _OWN_VERSIONS else version


def credential_of(headers: Mapping[str, str]) -> str:
    """Return who signed: an access key's id, or a bearer token; "" if nobody did.

    That a signature is there is looked at; whether it is right is not.
    """
    told = headers.get("authorization", "")
    if told.startswith("AWS4-HMAC-SHA256 Credential=") and "Signature=" in told:
        return told.partition("Credential=")[2].partition("/")[0]
    return told[7:].strip() if told.startswith("Bearer ") else ""


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives a body that was read, then what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
