"""What goes wrong in a model call, in the words of the domain.

Source of the table: https://docs.claude.com/en/api/errors
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
    "request_too_large": "too_long",
    "rate_limit_error": "rate_limited",
    "timeout_error": "server",
    "api_error": "server",
    "overloaded_error": "overloaded",
}


def kind_of_error_type(type_: str) -> FailureKind:
    """Return the kind of an error event; what is unknown is the server's fault."""
    return _BY_TYPE.get(type_, "server")


def of_status(
    status: int, body: Any, headers: Mapping[str, str], now: datetime
) -> ModelFailure:
    """Return the failure that an HTTP error status tells of.

    Args:
        status: 400 or above.
        body: decoded JSON, or whatever came instead.
        headers: of the response.
        now: for a Retry-After that is a date.
    """
    error = _error(body)
    code = _code(error)
    kind = _BY_STATUS.get(status, "server" if status >= SERVER_ERROR else "invalid")
    if kind == "invalid" and "prompt is too long" in str(error.get("message", "")):
        kind = "too_long"
    if code.endswith("spend_limit_reached"):
        kind = "auth"
    detail = f"HTTP {status} {error.get('type', '')} {code}".strip()
    return ModelFailure(
        kind, detail, status=status, retry_after_s=retry_after_s(headers, now)
    )


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


def _error(body: Any) -> dict[str, Any]:
    return _dict(_dict(body).get("error"))


def _code(error: dict[str, Any]) -> str:
    return str(_dict(error.get("details")).get("error_code") or "")


def _dict(data: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}
