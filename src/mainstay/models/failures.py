"""What goes wrong in a model call, in the words of the domain.

Sources: https://platform.claude.com/docs/en/api/errors for statuses and types,
https://platform.claude.com/docs/en/api/rate-limits for the spend limits. Details never
hold the server's message: it may quote the request.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from mainstay.domain.model_call import FailureKind, ModelFailure

MAX_RETRY_AFTER_S = 3600.0
"""A longer wish is taken as an hour: nobody waits for it in any case."""

SERVER_ERROR = 500

_BY_STATUS: Mapping[int, FailureKind] = {
    400: "invalid",
    401: "auth",
    402: "auth",
    403: "auth",
    404: "model_gone",
    408: "server",
    409: "conflict",
    413: "too_long",
    422: "invalid",
    429: "rate_limited",
    529: "overloaded",
}

_BY_TYPE: Mapping[str, FailureKind] = {
    "invalid_request_error": "invalid",
    "authentication_error": "auth",
    "billing_error": "auth",
    "permission_error": "auth",
    "not_found_error": "model_gone",
    "conflict_error": "conflict",
    "request_too_large": "too_long",
    "rate_limit_error": "rate_limited",
    "timeout_error": "server",
    "api_error": "server",
    "overloaded_error": "overloaded",
}

_RAMP = "ramp_limit_exceeded"
_TOO_LONG = ("prompt is too long", "exceed context limit")
_SPENT = "You have reached your specified "
"""How the 400 of a spend limit that the customer set begins; it has no code."""


def of_status(
    status: int, body: Any, headers: Mapping[str, str], now: datetime
) -> ModelFailure:
    """Return the failure that an HTTP error status tells of.

    Args:
        status: 300 or above.
        body: decoded JSON, or whatever came instead.
        headers: of the response, by lower-case name.
        now: for a Retry-After that is a date.
    """
    error = _dict(_dict(body).get("error"))
    kind = _BY_STATUS.get(status, "server" if status >= SERVER_ERROR else "invalid")
    return ModelFailure(
        _by_words(kind, error),
        _detail(f"HTTP {status}", error),
        status=status,
        retry_after_s=retry_after_s(headers, now),
    )


def of_error_event(error: Mapping[str, Any]) -> ModelFailure:
    """Return the failure that an error event after a 200 tells of, by its type."""
    kind = _BY_TYPE.get(str(error.get("type")), "server")
    detail = _detail("an error event:", error)
    return ModelFailure(_by_words(kind, error), detail, status=200)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return Retry-After in seconds, from a number or a date (RFC 9110, 10.2.3)."""
    wish = headers.get("retry-after")
    if wish is None:
        return None
    try:
        seconds = float(wish)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(wish) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    if math.isnan(seconds):
        return None
    return min(MAX_RETRY_AFTER_S, max(0.0, seconds))


def _by_words(kind: FailureKind, error: Mapping[str, Any]) -> FailureKind:
    """Tell apart what shares a status: limits, and prompts that do not fit."""
    message = str(error.get("message", ""))
    if _code(error).endswith("spend_limit_reached"):
        return "spent"
    if kind == "invalid" and message.startswith(_SPENT):
        return "spent"
    if kind == "rate_limited" and _code(error) == _RAMP:
        return "ramp_limited"
    if kind == "invalid" and any(words in message for words in _TOO_LONG):
        return "too_long"
    return kind


def _detail(what: str, error: Mapping[str, Any]) -> str:
    words = [what, _word(error.get("type")), _word(_code(error))]
    return " ".join(word for word in words if word)


def _word(value: Any) -> str:
    """Return a type or code if it looks like one: it goes into logs."""
    text = str(value or "")
    return text[:80] if text.replace("_", "").isalnum() else ""


def _code(error: Mapping[str, Any]) -> str:
    return str(_dict(error.get("details")).get("error_code") or "")


def _dict(data: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}
