"""What the HTTP answer to a request says."""

import json
from collections.abc import Mapping
from typing import Any, cast

from mainstay.tools.remote.failure import Lost, NotSent, NotTaken


def read_answer(status: int, body: bytes, *, sent: bool) -> dict[str, Any]:
    """Return the result in an answer.

    Args:
        status: of HTTP.
        body: the answer's.
        sent: whether the request's body was, in part or whole.

    Raises:
        MCPError: the service answered with an error.
        NotSent: a server's error before the body was asked for.
        NotTaken: a status below 500 without an answer of the service.
        Lost: the request was sent, and this is no answer.
    """
    answer = _object(body)
    error, result = answer.get("error"), answer.get("result")
    if isinstance(error, dict):
        raise _refusal(cast("Mapping[str, Any]", error))
    if isinstance(result, dict):
        return cast("dict[str, Any]", result)
    said = f"the tools' address answered with HTTP status {status}"
    # Source: RFC 9110, section 15.5: such a request was not fulfilled.
    if 300 <= status < 500:  # noqa: PLR2004 - the classes of HTTP
        raise NotTaken(said)
    if not sent:
        raise NotSent(said)
    raise Lost(f"{said} and no result")


def _refusal(error: Mapping[str, Any]) -> Exception:
    from mcp.shared.exceptions import MCPError

    code, message = error.get("code"), error.get("message")
    if isinstance(code, int) and isinstance(message, str):
        return MCPError(code, message)
    return Lost("the tool service answered with an error that is none of JSON-RPC")


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
